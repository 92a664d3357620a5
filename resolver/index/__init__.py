"""Package indexes: pages, metadata and files over HTTP, with a cache."""
