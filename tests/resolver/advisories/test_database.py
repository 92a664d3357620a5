from __future__ import annotations

import json
import os
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError
from resolver.advisories import database
from resolver.advisories.database import Database
from resolver.advisories.model import Release
from tests.osv_records import osv_record

if TYPE_CHECKING:
    from pathlib import Path

OLD = Release("shared", "1.0", None)
NEW = Release("shared", "2.0", None)
OTHER = Release("another", "1.0", "https://index.example/simple/")


def record(name: str = "PYSEC-1") -> str:
    return json.dumps(osv_record(name, "shared", {"introduced": "0"}, {"fixed": "2.0"}))


def found(path: Path) -> dict[Release, list[str]]:
    answers = Database(path).ask([OLD, NEW, OTHER])
    assert answers.unknown == {}
    return {release: sorted(each.id for each in said) for release, said in answers.advisories.items()}


def problem(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        found(path)
    (problem,) = caught.value.problems
    assert problem.path == str(path)
    assert problem.remedy
    return f"{problem.code}: {problem.message}"


def test_a_folder_of_records_is_read_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "shared" / "2026").mkdir(parents=True)
    (tmp_path / "shared" / "2026" / "a.json").write_text(record("PYSEC-1"))
    (tmp_path / "b.json").write_text(record("GHSA-1"))
    (tmp_path / "README.md").write_text("no record")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "c.json").write_text("no record either")
    assert found(tmp_path) == {OLD: ["GHSA-1", "PYSEC-1"]}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_file_of_records_is_read(tmp_path: Path, compression: int) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("PYSEC-1.json", record())
        archive.writestr("../outside.json", record("GHSA-1"))
    assert found(path) == {OLD: ["GHSA-1", "PYSEC-1"]}
    assert list(tmp_path.iterdir()) == [path]


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.json").write_text("a secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.json").write_text(record())
    (inside / "link.json").symlink_to(outside / "x.json")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe.json")
    assert found(inside) == {OLD: ["PYSEC-1"]}


def test_a_record_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(record())
    (tmp_path / "b.json").write_text(record()[:40])
    assert problem(tmp_path).startswith("advisory-record: b.json is no OSV record")


def test_an_empty_folder_is_no_database(tmp_path: Path) -> None:
    assert problem(tmp_path) == "advisory-database: there is no record in it"


def test_what_is_not_there_is_no_database(tmp_path: Path) -> None:
    assert problem(tmp_path / "absent") == "advisory-database: there is no such database"


def test_a_pipe_is_no_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert problem(tmp_path / "pipe") == "advisory-database: this is neither a folder nor a file"


def test_a_file_that_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_text(record())
    assert "the zip file is damaged, or is none" in problem(path)


def test_a_zip_file_cut_off_or_changed_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", record())
    content = bytearray(whole.read_bytes())
    content[40] ^= 0xFF
    path = tmp_path / "all.zip"
    path.write_bytes(content)
    assert "the zip file is damaged, or is none" in problem(path)
    path.write_bytes(whole.read_bytes()[:-30])
    assert "the zip file is damaged, or is none" in problem(path)


def test_an_encrypted_or_oddly_compressed_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.json", record())
    assert "a.json is encrypted, or not compressed by deflate" in problem(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", record())
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(signature) + offset
        content[place : place + 2] = struct.pack("<H", 1)
    path.write_bytes(content)
    assert "a.json is encrypted, or not compressed by deflate" in problem(path)


def test_a_record_that_inflates_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * (64 << 20))
    assert path.stat().st_size < 1 << 20
    assert "a.json is larger than" in problem(path)


def test_the_number_of_records_and_their_size_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / f"{name}.json").write_text(record())
    monkeypatch.setattr(database, "MAX_RECORDS", 2)
    assert problem(tmp_path) == "too-large: the database holds more than 2 records"
    monkeypatch.setattr(database, "MAX_RECORDS", 3)
    monkeypatch.setattr(database, "MAX_DATABASE_BYTES", 2 * len(record()))
    assert problem(tmp_path) == f"too-large: the database holds more than {2 * len(record())} bytes"


def test_the_depth_of_folders_is_bounded(tmp_path: Path) -> None:
    (tmp_path.joinpath(*["deeper"] * (database.MAX_FOLDER_DEPTH + 1))).mkdir(parents=True)
    assert problem(tmp_path) == f"too-large: folders are nested deeper than {database.MAX_FOLDER_DEPTH}"
