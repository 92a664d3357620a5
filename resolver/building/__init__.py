"""Builds at lock time: what a source is built with, its metadata, and what is inside the wheel it becomes."""
