"""A dataset in an object store: its commit log, its writer, its index."""
