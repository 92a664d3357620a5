"""The whole path on real input: real plugins, real hosts, the real package index, real Nix."""
