"""Looking again at what is locked: the bytes, what is inside, and what indexes and repositories say of it now."""
