"""What is done to a dataset besides reading news into it."""
