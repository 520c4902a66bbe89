"""What is known already: articles, entries, who lists what, rejects of unchanged files."""
