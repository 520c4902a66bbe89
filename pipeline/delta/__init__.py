"""A dataset of Delta Lake tables: in an object store, or in a folder that asks for it."""
