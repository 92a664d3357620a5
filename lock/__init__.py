"""The model of plugins.lock: reading, writing, rules; no network and no subprocess."""
