"""Charts: the report of a dataset, one page with pictures, and its main numbers."""
