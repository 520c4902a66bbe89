"""Who signs an article: bylines, people, news agencies."""
