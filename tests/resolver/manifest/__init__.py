"""Tests of reading and editing plugins.toml."""
