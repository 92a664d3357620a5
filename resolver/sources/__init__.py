"""Sources: git trees, archives and folders, fetched, checked and read without running any of their code."""
