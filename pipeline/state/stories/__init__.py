"""The articles of the story window in one index: what each is found by, and linked to."""
