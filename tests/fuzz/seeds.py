"""What a fuzzer starts from: the cases that the tests hold as data, and archives of the tests' own builders."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from tests.fuzz.archives import joined
from tests.fuzz.targets import HASH
from tests.provenances import GITHUB, GITLAB, provenance
from tests.resolver.inspection.native_files import elf_file, fat_file, macho_file
from tests.resolver.sources.archive_builder import tar, zipped
from tests.sdists import sdist_bytes
from tests.wheels import core_metadata, wheel_bytes

DATA = Path(__file__).parents[1] / "data"
INFO = "thing-1.0.dist-info"


def of(name: str) -> list[bytes]:
    """Return the seeds of a target; the first is accepted by it."""
    return _SEEDS[name]()


def _files(*patterns: str) -> list[bytes]:
    return [path.read_bytes() for pattern in patterns for path in sorted(DATA.glob(pattern))]


def _lock() -> list[bytes]:
    return _files("locks/good*.lock", "locks/damaged/*.lock")


def _manifest() -> list[bytes]:
    return _files("manifests/right/*.toml", "manifests/wrong/*.toml")


METADATA = core_metadata(
    "thing",
    "1.0",
    requires=["a>=1,<2 ; python_version < '3.13' and extra == 'x'", "b[c] @ https://files.example/b-1.zip"],
    requires_python=">=3.9",
    extras=["x"],
    headers=["License-Expression: MIT"],
)


def _members() -> list[bytes]:
    base = {
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    entry_points = b"[host.plugins]\nthing = thing:plugin\n[console_scripts]\nthing = thing:main\n"
    return [
        joined({"thing/__init__.py": b"", **base}),
        joined({"thing/__init__.py": b"", f"{INFO}/entry_points.txt": entry_points, **base}),
        joined({"thing.pth": b"import thing\n", "sitecustomize.py": b"", **base}),
        joined({"thing/fast.so": elf_file(["libz.so.1"], "libthing.so"), **base}),
        joined({"thing/fast.dylib": macho_file(["/usr/lib/libz.1.dylib"], "libthing.dylib"), **base}),
        joined({"thing/fat.dylib": fat_file(macho_file(["libz.dylib"])), **base}),
        joined({"thing-1.0.data/scripts/thing": b"#!python\n", "thing-1.0.data/purelib/thing.py": b"", **base}),
        joined({"Thing.py": b"", "thing.py": b"", f"{INFO}/RECORD": b"thing.py,,\n", **base}),
        joined({"../thing.py": b"", "/etc/thing": b"", "C:\\thing": b"", "thing//x": b"", **base}),
    ]


def _wheel() -> list[bytes]:
    return [
        wheel_bytes("thing", "1.0", entry_points={"host.plugins": {"thing": "thing:plugin"}}),
        wheel_bytes("thing", "1.0", files={"thing.pth": "import thing\n", "thing.so": elf_file(["libz.so.1"])}),
        zipped([("thing/x", "../../y"), ("thing", None)]),
    ]


def _entry(**more: object) -> dict[str, object]:
    name = "thing-1.0-py3-none-any.whl"
    return {"filename": name, "url": name, "hashes": {"sha256": HASH}, **more}


def _page_json() -> list[bytes]:
    pages = [
        {"meta": {"api-version": "1.1"}, "name": "thing", "versions": ["1.0"], "files": [_entry(size=7)]},
        {
            "meta": {"api-version": "1.4", "tracks": ["https://other.example/simple/thing/"]},
            "alternate-locations": ["https://other.example/simple/thing/"],
            "project-status": {"status": "archived", "reason": "x"},
            "files": [
                _entry(**{"upload-time": "2026-01-01T00:00:00.5+01:00", "yanked": "broken", "requires-python": ">=3"}),
                _entry(**{"core-metadata": {"sha256": HASH}, "provenance": "https://index.example/p", "yanked": True}),
                {"filename": "thing-2.0.tar.gz", "url": "https://files.example/a%20b/thing-2.0.tar.gz"},
            ],
        },
    ]
    return [json.dumps(page).encode() for page in pages]


def _provenance() -> list[bytes]:
    name = "thing-1.0-py3-none-any.whl"
    objects = [
        provenance(name, HASH, (GITHUB, GITLAB)),
        provenance("Thing-1-py3-none-any.whl", HASH, ({**GITHUB, "claims": {"run": 1}, "environment": None},)),
        {"version": 1, "attestation_bundles": []},
    ]
    return [json.dumps(each).encode() for each in objects]


def _page_html() -> list[bytes]:
    wheel = f'<a href="thing-1.0-py3-none-any.whl#sha256={HASH}" data-requires-python="&gt;=3">x</a>'
    return [
        f'<!DOCTYPE html><meta name="pypi:repository-version" content="1.1">{wheel}'.encode(),
        f'<base href="https://files.example/x/"><a data-yanked="" data-core-metadata="sha256={HASH}" '
        f'href="thing-2.0.tar.gz#sha256={HASH}">y</a><a data-gpg-sig="true" href="../thing-3.zip">z</a>'.encode(),
        b'<meta name="pypi:project-status" content="quarantined"><meta name="pypi:tracks" content="https://x.example/">',
    ]


def _uv_lock() -> list[bytes]:
    head = b'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
    root = b'[[package]]\nname = "host-app"\nversion = "1.0"\nsource = { editable = "." }\n'
    needs = b'dependencies = [{ name = "net", marker = "sys_platform == \'linux\'" }]\n'
    net = b'[[package]]\nname = "net"\nversion = "2.0"\nsource = { registry = "https://index.example/simple" }\n'
    return [head + root + needs + net, *_files("hosts/uv/*/uv.lock")]


def _flake_lock() -> list[bytes]:
    kinds = {
        "git": {"type": "git", "url": "https://git.example/host", "rev": HASH[:40], "dir": "nix"},
        "forge": {"type": "gitlab", "owner": "a%2Fb", "repo": "host", "rev": HASH[:40], "host": "git.example"},
        "folder": {"type": "path", "path": "./host"},
    }
    direct = [
        {"version": 7, "root": "root", "nodes": {"root": {"inputs": {"host": "x"}}, "x": {"locked": locked}}}
        for locked in kinds.values()
    ]
    followed = {
        "version": 7,
        "root": "root",
        "nodes": {"root": {"inputs": {"host": ["y", "host"], "y": "y"}}, "y": {"inputs": {"host": ["y", "host"]}}},
    }
    return [*(json.dumps(lock).encode() for lock in (*direct, followed)), *_files("hosts/flake/flake.lock")]


def _requirements() -> list[bytes]:
    lines = b"net==3.1 ; python_version < '3.13'\n-c limits.txt\n-e git+https://git.example/a#egg=a\n./b-1-py3-none-any.whl\n"
    return [*_files("hosts/requirements/compiled.txt"), lines, b"net==1 \\\n    --hash=sha256:00\n-r nested.txt\n"]


def _directory_cases(name: str) -> list[bytes]:
    cases = tomllib.loads((DATA / "directories/wrong.toml").read_text(encoding="utf-8"))["case"]
    return [case["files"][name].encode() for case in cases if name in case["files"]]


def _plugin_yaml() -> list[bytes]:
    return [
        *_files("directories/*/plugin.y*ml"),
        b"a: &a [1]\nb: *a\n? !!python/object:x {}\n",
        *_directory_cases("plugin.yaml"),
    ]


def _skill_toml() -> list[bytes]:
    return [*_files("directories/skill/skill.toml"), *_directory_cases("skill.toml")]


def _archive() -> list[bytes]:
    entries = [("x-1.0", None), ("x-1.0/PKG-INFO", b"Name: x\n"), ("x-1.0/link", "PKG-INFO")]
    packed = [tar(entries, compression) for compression in ("", "gz", "bz2", "xz")]
    return [sdist_bytes("thing", "1.0", {"thing.py": ""}), *packed, zipped(entries)]


def _archive_members() -> list[bytes]:
    return [
        joined({"dx": b"", "fx/PKG-INFO": b"Name: x\n", "fx/bin/run": b"#!/bin/sh\n", "lx/link": b"bin/run"}),
        joined({"lx": b"/etc", "fx/passwd": b"", "hy": b"../z", "cnull": b"", "s\xe9": b"1"}),
        joined({"f../x": b"", "f/x": b"", "fA": b"", "fa": b"", "fx/./y": b""}),
        joined({"lself": b"self", "fx": b""}),
    ]


def _sdist() -> list[bytes]:
    project = b'[project]\nname = "thing"\nversion = "1.0"\ndependencies = ["a>=1"]\n[build-system]\nrequires = ["x"]\n'
    poetry = b'[tool.poetry]\nname = "thing"\nversion = "1.0"\n[tool.poetry.dependencies]\npython = "^3.9"\na = "^1"\n'
    return [
        METADATA + b"\n--8<--\n",
        b"\n--8<--\n" + project,
        b"\n--8<--\n" + poetry,
        b"Metadata-Version: 2.2\nName: thing\nVersion: 1.0\nDynamic: Requires-Dist\n--8<--\n" + project,
    ]


_SEEDS = {
    "lock": _lock,
    "manifest": _manifest,
    "wheel": _wheel,
    "wheel-members": _members,
    "page-json": _page_json,
    "provenance": _provenance,
    "page-html": _page_html,
    "uv-lock": _uv_lock,
    "requirements": _requirements,
    "flake-lock": _flake_lock,
    "metadata": lambda: [METADATA, METADATA.replace(b"\n", b"\r\n"), b"Metadata-Version: 9\nName: thing\n folded\n"],
    "plugin-yaml": _plugin_yaml,
    "skill-toml": _skill_toml,
    "archive": _archive,
    "archive-members": _archive_members,
    "sdist": _sdist,
}
