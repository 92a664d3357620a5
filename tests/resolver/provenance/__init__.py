"""Tests of what indexes say of publishers."""
