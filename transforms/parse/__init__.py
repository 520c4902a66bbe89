"""Bytes that list articles, parsed: feeds, sitemaps, subscription lists."""
