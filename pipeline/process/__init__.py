"""The process of a command: its signals, its output, its exit code."""
