"""Directory plugins: folders that a host loads from disk, read as data; nothing of them is imported or run."""
