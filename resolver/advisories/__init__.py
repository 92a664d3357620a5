"""Known vulnerabilities of what is locked: where they are read, what they apply to, what a person agreed to."""
