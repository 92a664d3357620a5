"""Hosts: what each kind of host ships, per target."""
