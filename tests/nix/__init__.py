"""Tests of nix/: they run real Nix, of each version the machine has, in a store of their own."""
