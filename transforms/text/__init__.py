"""Text in order: strings, character sets, HTML fragments, dates.  Pure functions."""
