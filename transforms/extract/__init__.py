"""From a document to an article: its text, its title, its date, its authors."""
