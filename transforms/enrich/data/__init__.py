"""The data of the country tagger, and the scripts that generate it."""
