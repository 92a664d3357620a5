"""Tiny wheels made for tests: real zip files with a right RECORD, the same bytes for the same arguments."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# The oldest time a zip file can hold, so that no clock shows in the bytes.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def sha256_of(data: bytes) -> str:
    """Return the sha256 of some bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def escaped(name: str) -> str:
    """Return a distribution name as it stands in a wheel's file name."""
    return name.replace("-", "_").replace(".", "_").lower()


def wheel_name(name: str, version: str, tags: str = "py3-none-any") -> str:
    """Return the file name of a wheel."""
    return f"{escaped(name)}-{version}-{tags}.whl"


def core_metadata(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    headers: Sequence[str] = (),
    body: str = "",
) -> bytes:
    """Write a METADATA file; `headers` are further lines, `body` is the description."""
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += headers
    return ("\n".join(lines) + "\n\n" + body).encode()


def wheel_bytes(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    tags: str = "py3-none-any",
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    files: Mapping[str, bytes | str] | None = None,
    extras: Sequence[str] = (),
    metadata: bytes | None = None,
) -> bytes:
    """Make a wheel in memory.

    `entry_points` maps group to name to value.  `files` maps paths inside the wheel to content; without it the
    wheel holds one module named as the distribution.  `metadata` replaces the METADATA that would be written.
    """
    folder = f"{escaped(name)}-{version}.dist-info"
    python_tags, abi_tags, platform_tags = tags.split("-")[-3:]
    wheel_lines = [
        "Wheel-Version: 1.0",
        "Generator: tests",
        f"Root-Is-Purelib: {'true' if platform_tags == 'any' else 'false'}",
        *(
            f"Tag: {python}-{abi}-{platform}"
            for python in python_tags.split(".")
            for abi in abi_tags.split(".")
            for platform in platform_tags.split(".")
        ),
    ]
    if metadata is None:
        metadata = core_metadata(name, version, requires=requires, requires_python=requires_python, extras=extras)
    if files is None:
        files = {f"{escaped(name)}.py": f'"""{name} {version}."""\n'}
    members = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    members[f"{folder}/METADATA"] = metadata
    members[f"{folder}/WHEEL"] = ("\n".join(wheel_lines) + "\n").encode()
    if entry_points:
        members[f"{folder}/entry_points.txt"] = "\n".join(
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in names.items())
            for group, names in entry_points.items()
        ).encode()
    record = "".join(f"{path},sha256={_record_hash(data)},{len(data)}\n" for path, data in members.items())
    members[f"{folder}/RECORD"] = (record + f"{folder}/RECORD,,\n").encode()
    return zip_bytes(members)


def build_wheel(
    path: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    tags: str = "py3-none-any",
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    files: Mapping[str, bytes | str] | None = None,
    extras: Sequence[str] = (),
    metadata: bytes | None = None,
) -> Path:
    """Write a wheel into the folder `path` (made where missing) and return the file; arguments as `wheel_bytes`."""
    path.mkdir(parents=True, exist_ok=True)
    wheel = path / wheel_name(name, version, tags)
    wheel.write_bytes(
        wheel_bytes(
            name,
            version,
            requires=requires,
            requires_python=requires_python,
            tags=tags,
            entry_points=entry_points,
            files=files,
            extras=extras,
            metadata=metadata,
        )
    )
    return wheel


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """Make a deflated zip file whose members stand in the given order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            info = zipfile.ZipInfo(path, _ZIP_EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def _record_hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
