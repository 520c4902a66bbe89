"""The quality gate, and the table that it makes."""
