"""The files of one version, from a digest's JSON to `ProjectFile`, each checked before anybody sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec

from resolver.index import file_names
from resolver.index.addresses import origin, shown, without_login
from resolver.index.failures import index_failure
from resolver.index.model import ProjectFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.errors import WorldError
    from resolver.index.model import Index
    from resolver.index.page_digest import Digest

_SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
# An address that `urljoin` and its like would leave as it is: no escape, query, fragment, parameters or login.
_PLAIN_CHARACTERS = r"[A-Za-z0-9._~!$&'()*+,=:/-]"
_PLAIN_ADDRESS = re.compile(rf"(https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{{1,5}})?)/{_PLAIN_CHARACTERS}*", re.ASCII)
_PLAIN_PATH = re.compile(rf"(?!.*/[./])/{_PLAIN_CHARACTERS}*", re.ASCII)
_UTC_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z", re.ASCII)


class _Entry(msgspec.Struct, rename="kebab"):
    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    size: int | None = None
    yanked: bool | str | None = False
    upload_time: str | None = None
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None
    data_dist_info_metadata: bool | dict[str, str] | None = None
    provenance: str | None = None


_ENTRIES = msgspec.json.Decoder(list[_Entry])


class _PlainAddresses:
    """The addresses of one page that need no parsing, because nothing in them could be read in two ways.

    A page may hold thousands of files, nearly all with such addresses and from one origin.
    """

    __slots__ = ("_admitted", "_own", "root")

    def __init__(self, index: Index, base: str) -> None:
        self._own = {origin(index.url), *index.files}
        self._admitted: dict[str, bool] = {}
        match = _PLAIN_ADDRESS.fullmatch(base)
        self.root = match[1] if match is not None else None

    def joined(self, url: str) -> tuple[str, str] | None:
        """Return the absolute address and its part before the path; None where it is not plain."""
        if url[:1] == "/":
            if self.root is None or _PLAIN_PATH.fullmatch(url) is None:
                return None
            return self.root + url, self.root
        match = _PLAIN_ADDRESS.fullmatch(url)
        return (url, match[1]) if match is not None else None

    def file(self, url: str, filename: str) -> str | None:
        """Return the absolute address; None where it is not plain, or may have to be refused."""
        joined = self.joined(url)
        if joined is None or joined[0].rpartition("/")[2] != filename:
            return None
        admitted = self._admitted.get(joined[1])
        if admitted is None:
            admitted = self._admitted[joined[1]] = origin(joined[1]) in self._own
        return joined[0] if admitted else None


class FilesByVersion(Mapping[str, tuple[ProjectFile, ...]]):
    """The versions of a page, newest first, whose files are decoded when they are asked for.

    Asking raises `WorldError` where the index says something of a file that cannot be accepted.
    """

    __slots__ = ("_digest", "_index", "_places", "_plain", "_project", "_read")

    def __init__(self, project: str, index: Index, digest: Digest) -> None:
        self._project = project
        self._index = index
        self._digest = digest
        self._places = {known[0]: place for place, known in enumerate(digest.header.versions)}
        self._plain = _PlainAddresses(index, digest.header.base)
        self._read: dict[str, tuple[ProjectFile, ...]] = {}

    def __getitem__(self, version: str) -> tuple[ProjectFile, ...]:
        files = self._read.get(version)
        if files is None:
            text = self._digest.text(self._places[version])
            base = self._digest.header.base
            files = self._read[version] = _files(self._project, self._index, base, self._plain, text)
        return files

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, version: object) -> bool:
        return version in self._places

    def __repr__(self) -> str:
        return f"<{len(self)} versions of {self._project}>"


def _files(project: str, index: Index, base: str, plain: _PlainAddresses, text: bytes) -> tuple[ProjectFile, ...]:
    try:
        entries = _ENTRIES.decode(b"[%b]" % text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(index, project, f"an entry of the page of {project} cannot be understood: {error}") from None
    files: dict[str, ProjectFile] = {}
    for entry in entries:
        file = _file(project, index, base, plain, entry)
        other = files.setdefault(file.filename, file)
        if other.sha256 != file.sha256:
            raise _refused(index, project, f"{file.filename} stands twice on the page of {project}, with two hashes")
    return tuple(files[name] for name in sorted(files))


def _file(project: str, index: Index, base: str, plain: _PlainAddresses, entry: _Entry) -> ProjectFile:
    named = file_names.version_in(entry.filename, project)
    if named is None:
        raise AssertionError("a digest only holds distributions")
    sha256 = entry.hashes.get("sha256")
    if sha256 is not None and _SHA256.fullmatch(sha256) is None:
        raise _refused(index, project, f"the sha256 of {entry.filename} is not 64 hexadecimal digits")
    if entry.size is not None and entry.size < 0:
        raise _refused(index, project, f"the size of {entry.filename} is negative")
    return ProjectFile(
        filename=entry.filename,
        url=plain.file(entry.url, entry.filename) or _file_url(project, index, base, entry),
        kind=named.kind,
        version=named.version,
        sha256=sha256.lower() if sha256 is not None else None,
        size=entry.size,
        requires_python=_one_line(entry.requires_python) if entry.requires_python else None,
        yanked=_yanked(entry.yanked),
        upload_time=_utc(project, index, entry) if entry.upload_time else None,
        metadata=_metadata(entry),
        provenance=_provenance(project, index, base, plain, entry) if entry.provenance else None,
    )


def _file_url(project: str, index: Index, base: str, entry: _Entry) -> str:
    try:
        url = without_login(urldefrag(urljoin(base, entry.url)).url)[0]
        last = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        raise _refused(index, project, f"the address of {entry.filename} cannot be understood") from None
    if last != entry.filename:
        raise _refused(index, project, f"the address of {entry.filename} does not end in that name")
    place = origin(url)
    if place != origin(index.url) and place not in index.files:
        place = shown(place) or "an address without a host"
        raise index_failure(
            "file-origin",
            index,
            f"{entry.filename} is served from {place}, which is neither the index's own origin nor one of its `files`",
            key=project,
            remedy=f'if that is right, add `files = ["{place}"]` to that [[index]] in plugins.toml',
        )
    return url


def _yanked(value: bool | str | None) -> str | None:
    # PEP 691: false, true, or a non-empty reason.
    if value is True:
        return ""
    return _one_line(value) if value else None


def _one_line(text: str) -> str:
    """Return what is shown within our own lines, and must not begin lines of its own."""
    return " ".join(text.split()) if not text.isprintable() else text


def _metadata(entry: _Entry) -> str | bool | None:
    # PEP 714: core-metadata wins; the misspelt keys are what came before it.
    for value in (entry.core_metadata, entry.dist_info_metadata, entry.data_dist_info_metadata):
        if isinstance(value, dict):
            sha256 = value.get("sha256", "")
            return sha256.lower() if _SHA256.fullmatch(sha256) else True
        if value is not None:
            return value or None
    return None


def _utc(project: str, index: Index, entry: _Entry) -> str:
    text = entry.upload_time or ""
    if _UTC_TIME.fullmatch(text):
        return text
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(index, project, f"the upload time of {entry.filename} is not in ISO 8601") from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _provenance(project: str, index: Index, base: str, plain: _PlainAddresses, entry: _Entry) -> str:
    url = entry.provenance or ""
    joined = plain.joined(url)
    if joined is not None:
        return joined[0]
    try:
        return urljoin(base, url)
    except ValueError:
        reason = f"the address of what attests {entry.filename} (its provenance) cannot be understood"
        raise _refused(index, project, reason) from None


def _refused(index: Index, project: str, message: str) -> WorldError:
    return index_failure(
        "index-page",
        index,
        message,
        key=project,
        remedy="tell whoever runs the index; a version that does not touch this file can still be locked",
    )
