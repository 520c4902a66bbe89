"""Enrich: the language of an article, its entities, its countries."""
