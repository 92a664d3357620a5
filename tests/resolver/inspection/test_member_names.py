"""Names of members that begin with `./`, which are paths like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resolver.inspection.conftest import Inspect, Refuse

INFO = "thing-1.0.dist-info"


@pytest.mark.attack(14)
def test_a_dot_before_a_path_changes_nothing(inspected: Inspect) -> None:
    """As hatchling writes the members of a wheel whose package is its own folder."""
    found = inspected(files={"./thing.py": "", "./pkg/__init__.py": "", "./README.md": "", "./evil.pth": "import os\n"})
    assert found.modules == ("pkg", "thing")
    assert found.startup_files == ("evil.pth",)


@pytest.mark.attack(13)
@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (("thing.py", "./thing.py"), "wheel-duplicate-member: 'thing.py' stands twice in the archive"),
        (
            ("./thing.py", "./THING.py"),
            "wheel-duplicate-member: 'THING.py' is the same file as 'thing.py' on some systems",
        ),
        (("./thing", "thing/a.py"), "wheel-duplicate-member: 'thing' is a file and a folder"),
        ((".//thing.py",), "wheel-unsafe-member: './/thing.py' is an absolute path"),
        (("././thing.py",), "wheel-unsafe-member: '././thing.py' has an empty segment, `.` or `..` in its path"),
        (("./../thing.py",), "wheel-unsafe-member: './../thing.py' has an empty segment, `.` or `..` in its path"),
        (("./C:/thing.py",), "wheel-unsafe-member: './C:/thing.py' is an absolute path"),
    ],
)
def test_a_dot_before_a_path_hides_nothing(refused: Refuse, files: tuple[str, ...], problem: str) -> None:
    assert refused(files=dict.fromkeys(files, "")) == [problem]


@pytest.mark.attack(16)
@pytest.mark.parametrize(("member", "row"), [("./thing.py", "thing.py"), ("thing.py", "./thing.py")])
def test_record_spells_a_path_as_the_archive_does(refused: Refuse, member: str, row: str) -> None:
    rows = "".join(f"{path},,\n" for path in (f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"))
    record = f"{row},sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n{rows}".encode()
    problems = refused(files={member: ""}, replaced={f"{INFO}/RECORD": record})
    assert f"wheel-record: '{INFO}/RECORD' row 1 names {row!r}, which is not in the wheel" in problems
