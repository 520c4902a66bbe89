"""What people and programs see of a run, a stream and a dataset."""
