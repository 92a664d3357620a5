"""Wheels for these tests, good ones and ones that were tampered with."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from resolver.inspection.findings import InspectionError
from resolver.inspection.wheel import inspect
from tests.wheels import build_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from resolver.inspection.model import WheelContents


class Inspect(Protocol):
    """Builds a wheel of `thing` 1.0 from keyword arguments of `build_wheel` and inspects it."""

    def __call__(self, **contents: Any) -> WheelContents: ...


class Refuse(Protocol):
    """The same for a wheel that must be refused: returns `code: message` of each problem.

    `replaced` puts other content in place of members, None leaves one out; `added` are further members, in order.
    RECORD says the truth of all that unless it is replaced itself.
    """

    def __call__(
        self,
        *,
        replaced: Mapping[str, bytes | None] | None = None,
        added: list[tuple[zipfile.ZipInfo | str, bytes]] | None = None,
        **contents: Any,
    ) -> list[str]: ...


@pytest.fixture
def inspected(tmp_path: Path) -> Inspect:
    def run(**contents: Any) -> WheelContents:
        return inspect(build_wheel(tmp_path, "thing", "1.0", **contents), name="thing", version="1.0")

    return run


@pytest.fixture
def refused(tmp_path: Path) -> Refuse:
    def run(
        *,
        replaced: Mapping[str, bytes | None] | None = None,
        added: list[tuple[zipfile.ZipInfo | str, bytes]] | None = None,
        **contents: Any,
    ) -> list[str]:
        path = build_wheel(tmp_path, "thing", "1.0", **contents)
        path.write_bytes(tampered(path.read_bytes(), replaced or {}, added or []))
        return refusal(path)

    return run


def refusal(path: Path) -> list[str]:
    """Return `code: message` of each problem for which a wheel of `thing` 1.0 is refused."""
    with pytest.raises(InspectionError) as raised:
        inspect(path, name="thing", version="1.0")
    assert {problem.path for problem in raised.value.problems} == {path.name}
    return [f"{problem.code}: {problem.message}" for problem in raised.value.problems]


def tampered(
    wheel: bytes, replaced: Mapping[str, bytes | None], added: list[tuple[zipfile.ZipInfo | str, bytes]]
) -> bytes:
    """Return a wheel with members replaced, left out or added; RECORD is made to agree unless it is replaced itself."""
    buffer = io.BytesIO()
    rows = []
    with zipfile.ZipFile(io.BytesIO(wheel)) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        *members, record = before.infolist()
        for info in members:
            content = replaced.get(info.filename, before.read(info))
            if content is not None:
                after.writestr(info, content)
                rows.append(record_row(info.filename, content))
        for member, content in added:
            after.writestr(member, content)
            rows.append(record_row(member if isinstance(member, str) else member.filename, content))
        rows.append(f"{record.filename},,")
        content = replaced.get(record.filename, "\n".join(rows).encode())
        if content is not None:
            after.writestr(record, content)
    return buffer.getvalue()


def record_row(path: str, content: bytes) -> str:
    """Return a true row of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}"
