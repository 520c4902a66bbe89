"""The stream: a loop around batches, and what shows that it is well."""
