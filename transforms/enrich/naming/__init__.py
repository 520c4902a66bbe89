"""From the spans of a model to the entities of an article."""
