"""Projects for `verify`, and ways to change what they locked behind their back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resolver.operations.verifying import VerifyRequest, verify
from resolver.progress import Silent
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from resolver.verification.model import VerifyReport
    from tests.projects import Workshop
    from tests.servers.index_server import ServedFile


def looked(workshop: Workshop, *names: str, mirror: str | None = None, surroundings: Any = None) -> VerifyReport:
    """Run `verify`, and see that it wrote nothing."""
    before = workshop.lock_path.read_bytes()
    request = VerifyRequest(names=names, mirror=mirror)
    report = verify(workshop.write(), surroundings or workshop.surroundings(), request, Silent())
    assert workshop.lock_path.read_bytes() == before
    return report


def edited(workshop: Workshop, *changes: tuple[str, str]) -> None:
    """Edit plugins.lock by hand: each text must stand there, and its first place is changed."""
    text = workshop.lock_path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    workshop.lock_path.write_text(text, encoding="utf-8")


def smuggled(workshop: Workshop, file: ServedFile, data: bytes) -> None:
    """Serve other bytes for a locked file, and make the lock say their hash and size as if it had always been so."""
    text = workshop.lock_path.read_text(encoding="utf-8")
    old = sha256_of(file.data)
    lines = [
        line.replace(old, sha256_of(data)).replace(f"size = {len(file.data)},", f"size = {len(data)},")
        if old in line
        else line
        for line in text.splitlines(keepends=True)
    ]
    assert any(sha256_of(data) in line for line in lines)
    workshop.lock_path.write_text("".join(lines), encoding="utf-8")
    file.data = data


def messages(report: VerifyReport) -> list[str]:
    """Return what is told, without remedies; every finding must be that content is different."""
    assert {finding.outcome for finding in report.findings} <= {"different"}
    assert report.exit_code == (1 if report.findings else 0)
    return [finding.problem.message for finding in report.findings]
