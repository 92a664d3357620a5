"""What a wheel makes importable, runs at start-up and puts into bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resolver.inspection.conftest import Inspect, Refuse


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        (["thing/__init__.py", "thing/part.py", "thing/deep/__init__.py"], ("thing",)),
        (["thing.py", "other/__init__.py"], ("other", "thing")),
        (["thing.abi3.so", "_fast.cpython-312-x86_64-linux-gnu.so", "_plain.so"], ("_fast", "_plain", "thing")),
        (["thing/__init__.pyc"], ("thing",)),
        (["thing/__init__.cpython-312-x86_64-linux-gnu.so"], ("thing",)),
        (["google/cloud/thing/__init__.py", "google/cloud/thing/sub/__init__.py"], ("google.cloud.thing",)),
        (["google/alone.py", "google/_upb/_message.abi3.so"], ("google._upb._message", "google.alone")),
        (["google/alone.py", "google/kept/__init__.py"], ("google.alone", "google.kept")),
        (["thing-1.0.data/purelib/thing/__init__.py"], ("thing",)),
        (["thing-1.0.data/platlib/_thing.so"], ("_thing",)),
        (["thing-1.0.data/data/lib/python3.12/site-packages/smuggled/__init__.py"], ("smuggled",)),
        (["thing-1.0.data/data/lib/python3.12/smuggled.py"], ("smuggled",)),
        (["thing-1.0.data/data/share/thing/example.py", "thing-1.0.data/headers/thing.py"], ()),
        (["not-importable.py", "with-dash/__init__.py", "thing.libs/libx.so.1", "data/table.csv", "thing.pyi"], ()),
        (["1st.py", "class_/__init__.py"], ("class_",)),
    ],
)
def test_modules_are_the_first_importable_names(inspected: Inspect, files: list[str], modules: tuple[str, ...]) -> None:
    assert inspected(files=dict.fromkeys(files, "")).modules == modules


@pytest.mark.parametrize(
    "code",
    [
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
        '__import__("pkg_resources").declare_namespace(__name__)  # a comment\n',
        "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n",
        """\
        try:
            __import__('pkg_resources').declare_namespace(__name__)
        except ImportError:
            __path__ = __import__('pkgutil').extend_path(__path__, __name__)
        """,
    ],
)
def test_a_namespace_package_of_the_old_kinds_is_one(inspected: Inspect, code: str) -> None:
    assert inspected(files={"zope/__init__.py": code, "zope/thing/__init__.py": ""}).modules == ("zope.thing",)


def test_a_package_that_does_more_than_share_its_name_is_a_regular_package(inspected: Inspect) -> None:
    code = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\nimport os\n"
    assert inspected(files={"zope/__init__.py": code, "zope/thing/__init__.py": ""}).modules == ("zope",)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("thing.pth", "import thing.hook\n"),
        ("thing.pth", "import\tthing.hook\n"),
        ("thing.pth", "/some/path\n# comment\nimport thing.hook"),
        ("thing.pth", b"\xef\xbb\xbfimport thing.hook\n"),
        ("thing.pth", b"\xff path in latin-1\nimport thing.hook\n"),
        ("thing.pth", "path\x0cimport thing.hook\n"),
        ("thing.pth", "path\u2028import thing.hook\n"),
        ("thing.start", "thing:start\n"),
        ("sitecustomize.py", ""),
        ("usercustomize.py", ""),
        ("sitecustomize/__init__.py", ""),
        ("usercustomize.cpython-312-x86_64-linux-gnu.so", ""),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "",
        "thing-1.0.data/purelib/",
        "thing-1.0.data/platlib/",
        "thing-1.0.data/data/lib/python3.12/site-packages/",
        "thing-1.0.data/data/lib64/python3/dist-packages/",
    ],
)
@pytest.mark.attack(11)
def test_startup_files_are_found_wherever_they_are_hidden(
    inspected: Inspect, place: str, path: str, content: str | bytes
) -> None:
    assert inspected(files={place + path: content}).startup_files == (path,)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("thing.pth", "../lib\nimportant\n"),
        ("thing.pth", " import thing\n"),
        ("thing.pth", "#import thing\n"),
        ("thing/model.pth", "import thing\n"),
        ("thing/thing.start", "thing:start\n"),
        ("thing/sitecustomize.py", ""),
        ("sitecustomize.txt", ""),
    ],
)
def test_what_no_interpreter_runs_is_no_startup_file(inspected: Inspect, path: str, content: str) -> None:
    assert inspected(files={path: content}).startup_files == ()


def test_scripts_are_entry_points_and_files_for_bin(inspected: Inspect) -> None:
    contents = inspected(
        entry_points={
            "console_scripts": {"thing": "thing:main"},
            "gui_scripts": {"thing-window": "thing:main"},
            "other.group": {"not-a-script": "thing:main"},
        },
        files={"thing-1.0.data/scripts/thing-tool": "#!python\n", "thing-1.0.data/data/bin/thing-more": "#!/bin/sh\n"},
    )
    assert contents.console_scripts == ("thing", "thing-more", "thing-tool", "thing-window")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("thing-1.0.data/nowhere/x", "is in no scheme that installers know"),
        ("thing-1.0.data/x", "is in no scheme that installers know"),
        ("thing-1.0.data/scripts/sub/x", "is a script in a folder of its own"),
        ("thing-1.0.data/data/pyvenv.cfg", "would replace the settings of the environment"),
    ],
)
def test_data_without_a_place_is_refused(refused: Refuse, member: str, message: str) -> None:
    assert refused(files={member: ""}) == [f"wheel-data: {member!r} {message}"]
