"""The index of a dataset: what newsbeam remembers beside the Parquet files, in SQLite."""
