"""From files to documents: paths are matched, formats are detected and read."""
