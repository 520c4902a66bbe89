"""What each command takes: its arguments, options and help.

What the commands do is imported when one of them is called: ``--help`` must not wait for
Beam, spaCy and trafilatura.
"""
