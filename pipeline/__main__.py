"""``python -m pipeline``: the same as the ``newsbeam`` command."""

from pipeline.start import main

if __name__ == "__main__":
    main()
