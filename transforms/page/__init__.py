"""What a page says, and where on it: JSON-LD, dates, signatures, other stories, walls."""
