"""Entity models: which one serves a language, and adapters to those of others."""
