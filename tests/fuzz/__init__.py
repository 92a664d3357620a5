"""Readers of foreign input under foreign input: the targets, a quick run of each, and coverage-guided runs."""
