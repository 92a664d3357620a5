"""The commands, one module each, imported when they are used; each holds a click command named `command`."""
