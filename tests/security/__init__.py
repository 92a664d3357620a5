"""Attacks, each with what must come of it."""
