"""Stories at the commit: what belongs together, decided before a batch is published."""
