"""What a run of `lock` refuses for what is inside its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import ServedFile
from tests.wheels import core_metadata, wheel_bytes, wheel_name

if TYPE_CHECKING:
    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer


def refusal(workshop: Workshop) -> list[str]:
    with pytest.raises(LockError) as raised:
        workshop.lock()
    assert not workshop.lock_path.exists()
    return [f"{problem.code}: {problem.message}" for problem in raised.value.problems]


def bring(workshop: Workshop, name: str, files: dict[str, str]) -> None:
    workshop.server.add_wheel(name, "1.0", files=files)
    workshop.plugins[name] = '"*"'


@pytest.mark.attack(11)
def test_start_up_code_is_refused_unless_the_policy_allows_it(workshop: Workshop) -> None:
    bring(workshop, "early", {"early.py": "", "early-1.0.data/data/lib/python3.12/site-packages/x.start": "early:go"})
    assert refusal(workshop) == [
        "startup-code: early-1.0-py3-none-any.whl runs code whenever an interpreter starts: x.start"
    ]
    workshop.settings = '[policy]\nallow-startup-code = { early = "looked at" }'
    assert workshop.lock().status == "written"


def test_start_up_code_of_wheels_for_several_systems_is_told_once(workshop: Workshop) -> None:
    for tag in ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64"):
        workshop.server.add_wheel("early", "1.0", tags=f"py3-none-{tag}", files={"early.py": "", "x.pth": "import x\n"})
    workshop.plugins["early"] = '"*"'
    (told,) = refusal(workshop)
    assert told == (
        "startup-code: early-1.0-py3-none-manylinux_2_17_aarch64.whl (and 1 more of its files) runs code whenever an"
        " interpreter starts: x.pth"
    )


@pytest.mark.attack(18)
def test_a_slash_in_the_name_of_an_entry_point_is_refused_where_the_host_loads_it(workshop: Workshop) -> None:
    points = {"the_host.plugins": {"notes/search": "notes:go"}, "elsewhere": {"notes/blog": "notes:go"}}
    workshop.server.add_wheel("notes", "1.0", files={"notes.py": ""}, entry_points=points)
    workshop.plugins["notes"] = '"*"'
    (told,) = refusal(workshop)
    assert told.startswith(
        "entry-points: the entry point 'notes/search' in the_host.plugins is not an entry point's name"
    )
    workshop.server.add_wheel("notes", "1.1", files={"notes.py": ""}, entry_points={"elsewhere": points["elsewhere"]})
    assert workshop.lock().status == "written"


@pytest.mark.parametrize(("offered", "known"), [((), "it has none"), (("Web_UI", "cli"), "it has cli, web-ui")])
def test_an_extra_that_a_plugin_does_not_have_is_told(workshop: Workshop, offered: tuple[str, ...], known: str) -> None:
    workshop.server.add_wheel("notes", "1.0", files={"notes.py": ""}, extras=list(offered))
    workshop.plugins["notes"] = '{ version = "*", extras = ["web", "web-ui"] }'
    told = [warning for warning in workshop.lock().warnings if "extra" in warning]
    absent = ["web"] if offered else ["web", "web-ui"]
    assert told == [f"notes has no extra {extra}, so asking for it adds nothing; {known}" for extra in absent]


@pytest.mark.attack(11)
def test_a_file_that_only_adds_paths_is_told(workshop: Workshop) -> None:
    bring(workshop, "early", {"early.py": "", "early.pth": "../elsewhere\n"})
    assert "early-1.0-py3-none-any.whl: adds folders to sys.path through 'early.pth'" in workshop.lock().warnings


@pytest.mark.attack(12)
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"json.py": ""}, "dark brings the module json, and so does the standard library of Python 3.12"),
        ({"helper/__init__.py": ""}, "dark brings the module helper, and so does helper"),
        ({"web/__init__.py": ""}, "dark brings the module web, and so does web, which the host ships"),
    ],
)
def test_a_module_with_two_owners_is_refused(workshop: Workshop, files: dict[str, str], message: str) -> None:
    bring(workshop, "dark", files)
    assert refusal(workshop) == [f"module-collision: {message}"]
    workshop.settings = '[policy]\nallow-modules = { dark = "known to be the same code" }'
    assert workshop.lock().status == "written"


@pytest.mark.attack(12)
def test_stray_folders_are_told_and_split_namespaces_named(workshop: Workshop) -> None:
    workshop.host["google-auth"] = "2.0"
    bring(workshop, "one", {"one.py": "", "tests/__init__.py": "", "google/one/__init__.py": ""})
    bring(workshop, "two", {"two.py": "", "tests/__init__.py": "", "google/two/__init__.py": ""})
    warnings = workshop.lock().warnings
    assert "the namespace google is split between the host (google-auth) and one, two" in warnings
    assert "one brings the module tests, and so does two; nothing should import it from either" in warnings


def told_otherwise(server: IndexServer, *, advertised: bool) -> tuple[bytes, bytes]:
    """Serve a wheel with other METADATA than the index tells of; return the wheel, and one that says the latter."""
    inside = core_metadata("liar", "1.0", requires=["helper>=1", "evil"], requires_python=">=3.8")
    told = core_metadata("liar", "1.0", requires=["helper>=1", "good"])
    data = wheel_bytes("liar", "1.0", metadata=inside)
    server.add("liar", ServedFile(name=wheel_name("liar", "1.0"), data=data, metadata=told, advertised=advertised))
    server.add_wheel("evil", "1.0")
    server.add_wheel("good", "1.0")
    return data, wheel_bytes("liar", "1.0", metadata=told)


TOLD = [
    "other-metadata: METADATA inside it says Requires-Python >=3.8 instead of absent",
    "other-metadata: METADATA inside it says the requirement 'evil', which the search was not told of",
    "other-metadata: METADATA inside it says not the requirement 'good', which the search was told of",
]


@pytest.mark.attack(17)
def test_metadata_beside_a_wheel_must_be_that_inside(workshop: Workshop) -> None:
    told_otherwise(workshop.server, advertised=True)
    workshop.plugins["liar"] = '"*"'
    assert refusal(workshop) == TOLD
    # What was seen inside is remembered, and compared again.
    assert refusal(workshop) == TOLD


@pytest.mark.attack(17)
def test_metadata_read_by_ranges_must_be_that_of_the_whole_file(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, shown = told_otherwise(workshop.server, advertised=False)
    # As from an index that gives no sizes: the two need not be equally long.
    for file in workshop.server.projects["liar"]:
        file.said = {"size": None}
    honest = workshop.server._ranged

    def two_faced(content: bytes, wanted: str | None) -> object:
        return honest(shown if content == data and wanted is not None else content, wanted)

    monkeypatch.setattr(workshop.server, "_ranged", two_faced)
    workshop.plugins["liar"] = '"*"'
    assert refusal(workshop) == TOLD


@pytest.mark.attack(17)
def test_wheels_of_one_release_that_disagree_are_locked_each_with_its_own_needs(workshop: Workshop) -> None:
    for tags, needs in (
        ("cp312-cp312-manylinux_2_28_x86_64", ["intel"]),
        ("cp312-cp312-manylinux_2_28_aarch64", ["arm"]),
    ):
        workshop.server.add_wheel("mixed", "1.0", tags=tags, requires=needs)
    for name in ("intel", "arm"):
        workshop.server.add_wheel(name, "1.0")
    workshop.plugins["mixed"] = '"*"'
    workshop.lock()
    (mixed,) = [package for package in workshop.read().packages if package.name == "mixed"]
    assert mixed.edge_systems == {"arm": ("aarch64-linux",), "intel": ("x86_64-linux",)}


BACKEND = """\
import base64, hashlib, pathlib, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "grown-1.0-py3-none-any.whl"
    info = "grown-1.0.dist-info/"
    files = {
        "grown.py": b"",
        info + "METADATA": b"Metadata-Version: 2.4\\nName: grown\\nVersion: 1.0\\nRequires-Dist: REQUIRES\\n",
        info + "WHEEL": b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    rows = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows += f"{path},sha256={digest},{len(data)}\\n"
    files[info + "RECORD"] = (rows + info + "RECORD,,\\n").encode()
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return name
"""


BROKEN_PROMISE = [
    f"other-metadata: the METADATA of the wheel it becomes says {what} on {system}', which the search was {told} of"
    for what, told in (("the requirement 'web", "not told"), ("not the requirement 'helper>=1", "told"))
    for system in ("aarch64-linux", "x86_64-linux")
]


@pytest.mark.attack(17)
@pytest.mark.parametrize(
    ("requires", "problems"),
    [
        ("helper>=1; python_version > '3'", []),
        ("web", BROKEN_PROMISE),
    ],
)
def test_a_source_must_become_the_wheel_that_it_promises(
    workshop: Workshop, requires: str, problems: list[str]
) -> None:
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": BACKEND.replace("REQUIRES", requires),
    }
    data = sdist_bytes("grown", "1.0", files, requires=["helper>=1"])
    workshop.server.add("grown", ServedFile(name=sdist_name("grown", "1.0"), data=data))
    workshop.plugins["grown"] = '"*"'
    workshop.settings = '[policy]\nallow-build = { grown = "no wheel" }'
    if problems:
        assert refusal(workshop) == problems
    else:
        assert workshop.lock().status == "written"
