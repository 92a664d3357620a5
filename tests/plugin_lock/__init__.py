"""The command line, with real operations on small projects."""
