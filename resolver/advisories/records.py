"""OSV records (https://ossf.github.io/osv-schema/): the keys that tell whom an advisory concerns, and how badly."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from packaging.utils import canonicalize_name

MAX_RECORD_BYTES = 8 << 20
"""The largest record that is read; the largest real ones, which list thousands of versions, have a tenth of it."""

ECOSYSTEM: Final = "PyPI"
"""What OSV calls Python distributions, whichever index they come from."""

_SCHEMA_MAJOR = "1"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}", re.ASCII)


class RecordError(ValueError):
    """A text that is no OSV record; the message completes the sentence "this …"."""


class Package(msgspec.Struct, frozen=True):
    """`affected[].package`."""

    ecosystem: str
    name: str


class Event(msgspec.Struct, frozen=True):
    """`affected[].ranges[].events[]`: one of the keys is set."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(msgspec.Struct, frozen=True):
    """`affected[].ranges[]`."""

    type: str
    events: tuple[Event, ...] | None = None


class Severity(msgspec.Struct, frozen=True):
    """`severity[]`: `type` is `CVSS_V3`, ..., `score` the vector."""

    type: str
    score: str


class Affected(msgspec.Struct, frozen=True):
    """`affected[]`: which versions of one package an advisory concerns."""

    package: Package | None = None
    ranges: tuple[Range, ...] | None = None
    versions: tuple[str, ...] | None = None
    severity: tuple[Severity, ...] | None = None

    def name(self) -> str:
        """Return the normalized name (PEP 503) of the distribution, "" where this is about something else."""
        if self.package is None or self.package.ecosystem.partition(":")[0] != ECOSYSTEM:
            return ""
        return str(canonicalize_name(self.package.name))


class Record(msgspec.Struct, frozen=True):
    """One advisory, as far as it is used here; unknown keys are passed over, as the schema asks."""

    id: str
    schema_version: str | None = None
    withdrawn: str | None = None
    aliases: tuple[str, ...] | None = None
    summary: str | None = None
    details: str | None = None
    affected: tuple[Affected, ...] | None = None
    severity: tuple[Severity, ...] | None = None
    database_specific: msgspec.Raw = msgspec.Raw(b"")

    @property
    def rating(self) -> str | None:
        """The database's own word for the severity (`HIGH`), None where it has none."""
        try:
            said = msgspec.json.decode(self.database_specific, type=_Rated).severity
        except msgspec.DecodeError:
            return None  # every database may put there what it likes
        return said if said and said.isascii() and said.isalpha() else None


class _Rated(msgspec.Struct, frozen=True):
    severity: str | None = None


_DECODER = msgspec.json.Decoder(Record)


def decode(content: bytes | memoryview) -> Record:
    """Return the record that a JSON text holds.  Raises `RecordError` for any other text."""
    if len(content) > MAX_RECORD_BYTES:
        raise RecordError(f"is larger than {MAX_RECORD_BYTES} bytes")
    try:
        record = _DECODER.decode(content)
    except RecursionError:
        raise RecordError("is nested too deeply") from None
    except UnicodeDecodeError:
        raise RecordError("is not UTF-8") from None
    except msgspec.DecodeError as error:
        # The library's own words name keys and types, never a value.
        raise RecordError(f"is no OSV record ({error})") from None
    if not is_id(record.id):
        raise RecordError("is no OSV record (its id is not made of ASCII letters, digits and ._:+-)")
    major = (record.schema_version or _SCHEMA_MAJOR).partition(".")[0]
    if major != _SCHEMA_MAJOR:
        raise RecordError("is of a newer version of the OSV schema than 1")
    return record


def is_id(text: str) -> bool:
    """Tell whether a text can be the identifier of an advisory: `CVE-…`, `GHSA-…`, `PYSEC-…`, `MAL-…`."""
    return _ID.fullmatch(text) is not None
