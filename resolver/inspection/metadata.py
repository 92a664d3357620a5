"""The dist-info folder: whose wheel it is, and under which licence.

Sources: Binary distribution format, Core metadata specifications, PEP 639.
"""

from __future__ import annotations

import re
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.tags import parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from resolver.index.core_metadata import read
from resolver.index.errors import MetadataError
from resolver.inspection.findings import shown

if TYPE_CHECKING:
    from packaging.metadata import RawMetadata
    from packaging.tags import Tag

    from resolver.index.core_metadata import MetadataText
    from resolver.inspection.archive import WheelArchive
    from resolver.inspection.findings import Findings

MAX_METADATA_BYTES = 8 * 1024 * 1024
MAX_WHEEL_BYTES = 256 * 1024

_SUPPORTED_MAJOR = "1"
_SHORT_LICENCE = 80
_SHORT_TAGS = 200
_SHOWN_TAGS = 8
_LICENCE_CLASSIFIER = "License ::"


def check_file_name(filename: str, name: str, version: str, findings: Findings) -> None:
    """Check that the file's name says the distribution and version that were asked for."""
    try:
        found_name, found_version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        findings.add("wheel-name", f"is no wheel's file name: {error}")
        return
    if found_name != canonicalize_name(name) or found_version != Version(version):
        findings.add("wheel-name", f"the file's name says {found_name} {found_version}, not {name} {version}")


def dist_info_folder(archive: WheelArchive, name: str, version: str) -> str | None:
    """Return the one dist-info folder; None, and a finding, where there is not exactly one."""
    tops = {top for top, slash, _ in (member.partition("/") for member in archive.members) if slash}
    folders = sorted(top for top in tops if top.lower().endswith(".dist-info"))
    if len(folders) != 1:
        held = ", ".join(map(shown, folders[:5])) or "none"
        archive.findings.add("wheel-dist-info", f"must hold one dist-info folder, holds {held}")
        return None
    folder = folders[0]
    _check_folder(folder, ".dist-info", name, version, archive.findings)
    for top in sorted(tops):
        if top.endswith(".data"):
            _check_folder(top, ".data", name, version, archive.findings)
    return folder


def _check_folder(folder: str, suffix: str, name: str, version: str, findings: Findings) -> None:
    found_name, _, found_version = folder.removesuffix(suffix).rpartition("-")
    if canonicalize_name(found_name) != canonicalize_name(name) or not _same_version(found_version, version):
        findings.add("wheel-name", f"is not the folder of {name} {version}", member=folder)


def check_wheel_file(archive: WheelArchive, folder: str) -> bool:
    """Check that WHEEL names a version of the format that we know (major 1), and the file name's tags.

    Returns whether the wheel says that it holds pure Python (`Root-Is-Purelib`).
    """
    member = f"{folder}/WHEEL"
    data = _required(archive, member, MAX_WHEEL_BYTES)
    if data is None:
        return False
    fields = BytesHeaderParser().parsebytes(data)
    versions = [str(value).strip() for value in fields.get_all("Wheel-Version", [])]
    if len(versions) != 1 or versions[0].partition(".")[0] != _SUPPORTED_MAJOR:
        said = ", ".join(map(shown, versions)) or "none"
        archive.findings.add("wheel-version", f"has Wheel-Version {said}; only 1.x is known", member=member)
    _check_tags([str(value).strip() for value in fields.get_all("Tag", [])], member, archive.findings)
    roots = [str(value).strip().lower() for value in fields.get_all("Root-Is-Purelib", [])]
    if len(roots) != 1 or roots[0] not in ("true", "false"):
        said = ", ".join(map(shown, roots)) or "none"
        archive.findings.add("wheel-version", f"has Root-Is-Purelib {said} instead of true or false", member=member)
    return roots == ["true"]


def _check_tags(said: list[str], member: str, findings: Findings) -> None:
    """Compare the tags in WHEEL with the file name's.

    They differ in honest wheels, which were given another name after they were made, among them some with programs for
    one system that were built as if for any (playwright's); installers go by the name.  So a difference is told.  Tags
    that name another system or interpreter than the file's name are those of another build.
    """
    try:
        named = parse_wheel_filename(findings.filename)[3]
    except InvalidWheelFilename:
        return
    try:
        inside = {tag for text in said for tag in parse_tag(text)}
    except ValueError:
        findings.add("wheel-tags", "has a Tag that cannot be read", member=member)
        return
    if inside == named:
        return
    listed = ", ".join(sorted(map(str, inside))[:_SHOWN_TAGS]) or "none"
    interpreters = {tag.interpreter for tag in inside}
    systems = {_system(tag) for tag in inside}
    fits = not interpreters.isdisjoint(tag.interpreter for tag in named) or any(map(_is_generic, interpreters))
    fits &= not systems.isdisjoint(map(_system, named)) or "any" in systems
    if not inside or not fits:
        findings.add("wheel-tags", f"has the tags {listed}, which are not those of the file's name", member=member)
    else:
        findings.remark(f"its WHEEL file has other tags than its name: {listed[:_SHORT_TAGS]}")


def _system(tag: Tag) -> str:
    """Return the kind of system of a tag: `linux` for each libc's, `macosx`, `win`, `any`; with the architecture."""
    system = re.sub(r"^(many|musl)?linux(_?\d+(_\d+)?)?", "linux", tag.platform)
    return re.sub(r"^macosx_\d+_\d+", "macosx", system)


def _is_generic(interpreter: str) -> bool:
    """Tell whether an interpreter tag is that of any implementation of Python (PEP 425)."""
    return re.fullmatch("py[0-9]*", interpreter) is not None


def core_metadata(
    archive: WheelArchive, folder: str, name: str, version: str
) -> tuple[RawMetadata, MetadataText | None] | None:
    """Return METADATA's fields, once its name and version are checked; None where it is missing or unreadable.

    They come as `packaging` reads them, and as a search does.
    """
    member = f"{folder}/METADATA"
    data = _required(archive, member, MAX_METADATA_BYTES)
    if data is None:
        return None
    raw, unparsed = parse_email(data)
    for field in ("name", "version"):
        if field not in raw:
            how = "in a way that cannot be read" if field in unparsed else "nowhere"
            archive.findings.add("wheel-metadata", f"gives its {field} {how}", member=member)
    found_name, found_version = raw.get("name"), raw.get("version")
    if found_name is not None and canonicalize_name(found_name) != canonicalize_name(name):
        archive.findings.add("wheel-name", f"names the distribution {shown(found_name)}, not {name!r}", member=member)
    if found_version is not None and not _same_version(found_version, version):
        message = f"gives the version as {shown(found_version)}, not {version!r}"
        archive.findings.add("wheel-name", message, member=member)
    try:
        text = read(data)
    except MetadataError as error:
        # The commonest reason was told above, in other words.
        if "name" in raw and "version" in raw:
            archive.findings.add("wheel-metadata", f"cannot be used: {error.reason}", member=member)
        return raw, None
    return raw, text


def _required(archive: WheelArchive, member: str, limit: int) -> bytes | None:
    if member not in archive.members:
        archive.findings.add("wheel-dist-info", "is missing", member=member)
        return None
    return archive.read(member, limit)


def _same_version(found: str, expected: str) -> bool:
    # A dist-info folder's version may have `_` where a local version has `-`, never the other way round.
    try:
        return Version(found.replace("_", "-")) == Version(expected)
    except InvalidVersion:
        return False


def licence(metadata: RawMetadata) -> str | None:
    """Return the licence as one short line.

    License-Expression (PEP 639), else the first line of License where it is a name rather than a text, else the
    licence classifiers.
    """
    candidates = [metadata.get("license_expression", ""), _licence_line(metadata.get("license", ""))]
    names = [
        classifier.rpartition("::")[2]
        for classifier in metadata.get("classifiers", [])
        if classifier.startswith(_LICENCE_CLASSIFIER)
    ]
    candidates.append(", ".join(sorted({name.strip() for name in names})))
    for candidate in candidates:
        line = " ".join("".join(character if character.isprintable() else " " for character in candidate).split())
        if line and line.upper() != "UNKNOWN":
            return line[:_SHORT_LICENCE]
    return None


def _licence_line(text: str) -> str:
    lines = text.strip().splitlines()
    first = lines[0].strip() if lines else ""
    whole_text = len(first) > _SHORT_LICENCE or first.lower().startswith("copyright")
    return "" if whole_text else first
