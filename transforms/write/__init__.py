"""From articles to files: rows, partitions, windows, kept pages, stores."""
