"""The application: command line, configuration, state, commit, report.

``cli`` reads the command line, ``config`` the configuration; ``run`` does one run:
``lock`` the dataset, ``publish`` what a crash left behind, let the flow of ``graph``
stage new rows, publish them, record them in ``state``, and ``report``.  The stages
themselves are in the package ``transforms``.
"""

__version__ = "0.1.0"
