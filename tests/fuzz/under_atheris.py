"""Feeds one target from atheris (libFuzzer): `python -m tests.fuzz.under_atheris NAME [libFuzzer's own options]`."""

from __future__ import annotations

import sys

import atheris

# What is imported in here reports which of its branches are taken.
with atheris.instrument_imports(include=["lock", "resolver", "packaging", "tomllib", "zipfile", "tarfile", "yaml"]):
    from tests.fuzz import targets


def main() -> None:
    """Run until libFuzzer's limits are reached or something comes out that is neither success nor refusal."""
    name, *options = sys.argv[1:]
    feed = targets.ALL[name].feed
    atheris.Setup([sys.argv[0], *options], lambda data: feed(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
