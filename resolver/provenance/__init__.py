"""Who published a file, as its index tells it (PEP 740): read, held against the file, and verified."""
