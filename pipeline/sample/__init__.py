"""The sample that comes with newsbeam."""
