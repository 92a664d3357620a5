"""docs/sources.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from resolver.sources import archives, git_checkout, members, paths, pyproject, recognise, submodules, trees, unpack

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")


def test_names_and_limits_are_those_of_the_code() -> None:
    for word in (
        *(f"`{name}`" for name in (*paths.LEFT_BY_TOOLS, *recognise.MANIFESTS, *pyproject.FILES)),
        f"`{pyproject.DEFAULT_REQUIRES}` and `{pyproject.DEFAULT_BACKEND}`",
        f"at most {submodules.MAX_DEPTH} deep, {submodules.MAX_NUMBER} in one repository",
        (
            f"{git_checkout.MAX_ENTRIES // 1000} 000 files, {git_checkout.MAX_BYTES // 1024**3} GiB, "
            f"{git_checkout.MAX_PATH} characters in a path and {git_checkout.MAX_DEPTH} folders in a path"
        ),
        f"at most {archives.MAX_BYTES // 1024**3} GiB",
        (
            f"{members.MAX_MEMBERS // 1000} 000 members, {members.MAX_UNPACKED_BYTES // 1024**3} GiB, or "
            f"{unpack.MAX_RATIO} times the archive's size (from {unpack.RATIO_MATTERS_FROM_BYTES // 1024**2} MiB on)"
        ),
        f"longer than {members.MAX_NAME_BYTES}",
        f"more than {members.MAX_DEPTH} folders deep",
        f"`trees-{trees.FORMAT}`",
    ):
        assert word in re.sub(r"\s+", " ", DOCUMENT), word


def test_every_code_that_is_documented_is_one_of_the_code() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "resolver" / "sources").glob("*.py")))
    codes = re.findall(r"`((?:git|archive|path|source)-[a-z-]+)`", DOCUMENT)
    assert len(codes) >= 15
    for code in codes:
        assert f'"{code}"' in source, code
