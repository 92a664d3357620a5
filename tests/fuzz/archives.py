"""Sound archives of any content, so that a fuzzer need not guess checksums to get past the first check.

An input is a list of members between `SEPARATOR`s: a line with the name, then the content.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import tarfile
import zipfile

SEPARATOR = b"\n--8<--\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TAR_KINDS = {
    b"f": tarfile.REGTYPE,
    b"d": tarfile.DIRTYPE,
    b"l": tarfile.SYMTYPE,
    b"h": tarfile.LNKTYPE,
    b"c": tarfile.CHRTYPE,
    b"s": tarfile.GNUTYPE_SPARSE,
}


def joined(members: dict[str, bytes]) -> bytes:
    """Write an input that stands for these members."""
    return SEPARATOR.join(name.encode() + b"\n" + content for name, content in members.items())


def _split(data: bytes) -> list[tuple[str, bytes]]:
    members = []
    for part in data.split(SEPARATOR)[:64]:
        name, _, content = part.partition(b"\n")
        members.append((name[:200].decode("utf-8", "replace"), content))
    return members


def wheel_of(data: bytes) -> bytes:
    """Make a zip file of the members, with a right RECORD where they hold none.

    Of the same name twice one is left out, for `zipfile` warns of it; names are the same when `zipfile` makes them so,
    which ends a name at its first NUL.
    """
    members = {zipfile.ZipInfo(name).filename: content for name, content in _split(data)}
    folder = next((name.rpartition("/")[0] for name in members if name.endswith(".dist-info/METADATA")), None)
    if folder is not None and f"{folder}/RECORD" not in members:
        members[f"{folder}/RECORD"] = _record(members, f"{folder}/RECORD")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _record(members: dict[str, bytes], own_name: str) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    for name, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow([name, f"sha256={digest}", len(content)])
    rows.writerow([own_name, "", ""])
    return text.getvalue().encode("utf-8", "surrogatepass")


def tar_of(data: bytes) -> bytes:
    """Make a tar file of the members; the first byte of a name says which kind, of a link the content says where to."""
    buffer = io.BytesIO()
    with tarfile.TarFile(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in _split(data):
            info = tarfile.TarInfo(name[1:])
            info.type = _TAR_KINDS.get(name[:1].encode(), tarfile.REGTYPE)
            if info.type in {tarfile.SYMTYPE, tarfile.LNKTYPE}:
                info.linkname = content[:300].decode("utf-8", "replace")
                archive.addfile(info)
            else:
                info.size = len(content)
                info.mode = 0o755
                archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
