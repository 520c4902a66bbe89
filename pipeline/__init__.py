"""The application: command line, configuration, state, commit, report.

``cli`` and ``commands`` are the command line, ``configuration`` what it reads; ``run`` does
one run: it opens the ``dataset``, publishes what a crash left behind, lets the ``flow`` of
``graph`` stage new rows, commits them, notes them in ``state``, and ``reports``.  The
stages themselves are in the package ``transforms``.
"""

__version__ = "0.1.0"
