"""Tests of reading wheels."""
