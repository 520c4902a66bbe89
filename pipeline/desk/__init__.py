"""Desk: a dataset as views that DuckDB answers questions of."""
