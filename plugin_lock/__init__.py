"""The command line of plugin-lock: arguments, progress, tables and exit codes; no decision is made here."""
