"""The search: one set of versions that satisfies every plugin beside the host, for all targets."""
