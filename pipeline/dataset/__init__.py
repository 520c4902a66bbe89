"""A dataset: what a run needs of it, its commits in a folder, its readers."""
