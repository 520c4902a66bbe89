"""The commands, by topic: what each takes, and what it does.

What a command works with is imported when it is called: ``--help`` must not wait for Beam,
spaCy and trafilatura.
"""
