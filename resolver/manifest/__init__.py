"""plugins.toml: reading it into typed values, and editing it so that comments stay."""
