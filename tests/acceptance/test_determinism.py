"""The same plugins.toml gives the same bytes, whatever the hash seed, locale, time zone and order of answers."""

from __future__ import annotations

import locale
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.projects import Place, hermes_project
from tests.acceptance.shuffling_index import ShufflingIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECTS = 40
ROOTS = 6
MANIFEST = """\
[host]
name = "demo"
python = "3.12"
entry-points = ["demo.plugins"]
lock = "requirements.txt"

[targets]
systems = ["aarch64-linux", "x86_64-darwin", "x86_64-linux"]

[plugins]
{plugins}
[[index]]
name = "local"
url = "{url}"
"""


def far_locale() -> str:
    """Return the name of a locale in which sorting, case or decimal points are not as in C, if there is one."""
    before = locale.setlocale(locale.LC_ALL)
    for name in ("tr_TR.UTF-8", "de_DE.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        locale.setlocale(locale.LC_ALL, before)
        return name
    return "C.UTF-8"


SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": far_locale(), "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "77", "LC_ALL": far_locale(), "TZ": "America/St_Johns"},
)


def locked_in(place: Place, environ: dict[str, str], cache: Path) -> bytes:
    """Lock from nothing with an empty cache, and return the bytes written."""
    assert not cache.exists()
    place.lock_file.unlink(missing_ok=True)
    ran = place.run("lock", environ=environ, cache=cache)
    assert ran.code == 0, ran.err
    return place.lock_file.read_bytes()


def name_of(number: int) -> str:
    return f"part-{number:02}"


def fill(index: ShufflingIndex) -> None:
    """Serve a graph with several ways through it: three versions each, the newest often a dead end."""
    native = "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_28_aarch64", "cp312-cp312-macosx_11_0_x86_64"
    for number in range(PROJECTS):
        left, right = name_of((number * 2 + 1) % PROJECTS), name_of((number * 3 + 2) % PROJECTS)
        for version in (1, 2, 3):
            requires = [f"{left}>=1,<={version + 1}", f'{right}!={1 + number % 3}; sys_platform == "linux"']
            if number % 5 == 3 and version == 3:
                # No such version exists, so the search has to turn back.
                requires.append(f"{name_of((number + 7) % PROJECTS)}>=9")
            if number % 7 == 1:
                requires.append(f'{name_of((number + 11) % PROJECTS)}[more]; platform_machine == "aarch64"')
            requires.append(f'{name_of((number + 13) % PROJECTS)}>=2; extra == "more"')
            for tags in native if number % 6 == 4 else ("py3-none-any",):
                index.add_wheel(
                    name_of(number),
                    f"{version}.0",
                    requires=requires,
                    extras=["more"],
                    tags=tags,
                    entry_points={"demo.plugins": {name_of(number): f"part_{number:02}"}} if number < ROOTS else None,
                )


@pytest.fixture
def index() -> Iterator[ShufflingIndex]:
    with ShufflingIndex() as server:
        fill(server)
        yield server


def test_answers_in_any_order_give_the_same_bytes(index: ShufflingIndex, tmp_path: Path) -> None:
    place = Place(folder=tmp_path / "project", cache=tmp_path / "unused")
    place.folder.mkdir()
    plugins = "".join(f'{name_of(number)} = "*"\n' for number in range(ROOTS))
    place.manifest.write_text(MANIFEST.format(plugins=plugins, url=index.url))
    (place.folder / "requirements.txt").write_text("demo==1.0\nhttpx==0.28.1\n")
    written, orders = [], []
    for seed, environ in enumerate(SURROUNDINGS):
        index.seed, index.answered = seed, []
        written.append(locked_in(place, environ, tmp_path / f"cache-{seed}"))
        orders.append([path for path in index.answered if path.startswith("/simple/")])
    assert len(set(map(tuple, orders))) == len(SURROUNDINGS), "the index answered in the same order"
    assert written[0].count(b"[[packages]]") >= 30
    assert set(written) == {written[0]}


@pytest.mark.network
def test_the_real_index_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    place = hermes_project(tmp_path / "project", tmp_path / "unused", python="3.12")
    text = place.manifest.read_text(encoding="utf-8")
    head, _, _ = text.partition("[plugins]\n")
    few = "".join(f'{name} = "*"\n' for name in ("hindsight-hermes", "rtk-hermes", "yantrikdb-hermes-plugin"))
    place.manifest.write_text(f"{head}[plugins]\n{few}", encoding="utf-8")
    first, second = (
        locked_in(place, environ, tmp_path / f"cache-{number}") for number, environ in enumerate(SURROUNDINGS[:2])
    )
    assert first.count(b"[[packages]]") > 3
    assert first == second
