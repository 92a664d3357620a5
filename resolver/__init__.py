"""From plugins.toml, a host and package indexes to a resolution; all network access lives here."""
