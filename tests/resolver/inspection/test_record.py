"""RECORD says what is in the wheel, no less and no more."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resolver.inspection.conftest import record_row, tampered
from tests.resolver.inspection.test_wheel import survives
from tests.wheels import wheel_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resolver.inspection.conftest import Inspect, Refuse

pytestmark = pytest.mark.attack(16)

RECORD = "thing-1.0.dist-info/RECORD"
CODE = b"x = 1\n"
SHA256 = record_row("", CODE).split(",")[1]


def rows(refused: Refuse, *lines: str) -> list[str]:
    """Return why a wheel is refused whose RECORD has these rows for `thing.py`, and true ones for all else."""
    wheel = wheel_bytes("thing", "1.0", files={"thing.py": CODE})
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        true = [row for row in archive.read(RECORD).decode().splitlines() if not row.startswith("thing.py,")]
    return refused(files={"thing.py": CODE}, replaced={RECORD: "\n".join([*lines, *true]).encode()})


def other(algorithm: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, CODE).digest()).rstrip(b"=").decode()
    return f"{algorithm}={digest}"


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        ([], ["'thing.py' is not listed in RECORD"]),
        ([f"thing.py,{SHA256[:-4]}AAAA,6"], ["'thing.py' has another sha256 than RECORD says"]),
        ([f"thing.py,{SHA256},7"], ["'thing.py' has 6 bytes, and RECORD says 7"]),
        ([f"thing.py,{other('md5')},6"], ["has a hash of 'thing.py' that is not one of sha256, sha384, sha512"]),
        ([f"thing.py,{other('sha1')},6"], ["has a hash of 'thing.py' that is not one of sha256, sha384, sha512"]),
        (["thing.py,,"], ["gives no hash of 'thing.py'"]),
        ([f"thing.py,{SHA256},six"], ["has a hash or size of 'thing.py' that cannot be read"]),
        (["thing.py,sha256=%%,6"], ["has a hash or size of 'thing.py' that cannot be read"]),
        ([f"thing.py,{SHA256},6", f"thing.py,{SHA256},6"], ["names 'thing.py' a second time"]),
        ([f"thing.py,{SHA256},6", f"phantom.py,{SHA256},6"], ["names 'phantom.py', which is not in the wheel"]),
        ([f"thing.py,{SHA256},6", f"/etc/passwd,{SHA256},6"], ["names '/etc/passwd', a path out of the wheel"]),
        ([f"thing.py,{SHA256},6", f"../x,{SHA256},6"], ["names '../x', a path out of the wheel"]),
        ([f"thing.py,{SHA256},6", f"C:\\x,{SHA256},6"], ["names 'C:\\\\x', a path out of the wheel"]),
        ([f"thing.py,{SHA256},6,more"], ["has 4 columns instead of 3", "'thing.py' is not listed in RECORD"]),
    ],
)
def test_a_record_that_does_not_fit_is_refused(refused: Refuse, lines: list[str], problems: list[str]) -> None:
    told = rows(refused, *lines)
    assert len(told) == len(problems)
    for problem, text in zip(told, problems, strict=True):
        assert problem.startswith("wheel-record: ")
        assert text in problem


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"thing.py'])
def test_a_record_that_cannot_be_read_is_refused(refused: Refuse, content: bytes) -> None:
    (problem,) = refused(replaced={RECORD: content})
    assert problem.startswith(f"wheel-record: '{RECORD}' cannot be read: ")


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_a_stronger_hash_is_compared_as_well(refused: Refuse, algorithm: str) -> None:
    wrong = other(algorithm).replace("=", "=AAAA", 1)[: len(other(algorithm))]
    assert rows(refused, f"thing.py,{other(algorithm)},6", "x,,") == [
        f"wheel-record: '{RECORD}' row 2 names 'x', which is not in the wheel"
    ]
    assert rows(refused, f"thing.py,{wrong},6") == [
        f"wheel-record: 'thing.py' has another {algorithm} than RECORD says"
    ]


def test_signatures_need_not_stand_in_record(inspected: Inspect) -> None:
    # The builder lists them; that they may be left out shows in the next test.
    assert inspected(files={"thing.py": "", "thing-1.0.dist-info/RECORD.jws": "{}"}).modules == ("thing",)


def test_a_changed_member_and_an_added_one_are_both_told(refused: Refuse) -> None:
    true = "\n".join([record_row("thing.py", b"other"), f"{RECORD},,"]).encode()
    told = refused(replaced={RECORD: true}, added=[("evil.py", b"")], files={"thing.py": CODE})
    assert "wheel-record: 'evil.py' is not listed in RECORD" in told
    assert "wheel-record: 'thing.py' has 6 bytes, and RECORD says 5" in told


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(record=st.one_of(st.binary(max_size=80), st.text('",=\nab0/.', max_size=60).map(str.encode)))
def test_any_record_is_right_or_a_finding(tmp_path: Path, record: bytes) -> None:
    survives(tmp_path, tampered(wheel_bytes("thing", "1.0"), {RECORD: record}, []))
