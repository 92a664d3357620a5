"""Have a source's own backend make a wheel of it (PEP 517); runs inside a Nix build, in the source's folder.

The interpreter is that of a virtual environment with the locked build requirements; the argument is the folder for
the wheel.  Each way to fail ends the build with the step that failed, below what the backend itself had to say.
"""

from __future__ import annotations

import email.parser
import importlib
import os
import re
import sys
import traceback
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

# PEP 440, appendix B, without the parts that normal form never needs told apart.
VERSION = re.compile(
    r"v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)"
    r"(?:[._-]?(a|alpha|b|beta|c|rc|pre|preview)[._-]?([0-9]*))?"
    r"(?:-([0-9]+)|[._-]?(post|rev|r)[._-]?([0-9]*))?"
    r"(?:[._-]?(dev)[._-]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[._-][a-z0-9]+)*))?"
)
REPORT = "report it to the author of the source"
PRE_RELEASES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


class BuildFailedError(Exception):
    """Why the backend's work is no good, and what to do."""


def fail(step: str, remedy: str) -> NoReturn:
    """End the build."""
    name, version = os.environ["distribution"], os.environ["lockedVersion"]
    sys.exit(f"plugin-lock: building {name} {version} failed while {step}\n  help: {remedy}")


@contextmanager
def step(name: str, remedy: str) -> Iterator[None]:
    """End the build with the name of this step if anything goes wrong in it."""
    try:
        yield
    except BuildFailedError as error:
        fail(f"{name}: {error.args[0]}", error.args[1])
    except BaseException:  # noqa: BLE001 - a backend may raise anything, `SystemExit` included; all of it is shown
        traceback.print_exc()
        fail(name, remedy)


def forget_own_folder() -> None:
    """Take the folder of this script, the whole store, off the path, so that nothing is imported from there."""
    own = str(Path(__file__).resolve().parent)
    sys.path[:] = [folder for folder in sys.path if folder not in ("", own)]


def announce_version() -> None:
    """Tell the tools that ask git for the version which one is locked: the source came without its history."""
    for variable in ("SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS"):
        os.environ.setdefault(variable, os.environ["lockedVersion"])


def load_backend(specification: str, folders: list[str]) -> Any:
    """Return the backend object of `module:object`; `folders` (`backend-path`) of the source are searched first."""
    root = Path.cwd().resolve()
    own = [(root / folder).resolve() for folder in folders]
    for folder in own:
        if not folder.is_relative_to(root):
            raise BuildFailedError(f"backend-path leads to {folder}, out of the source", REPORT)
    sys.path[:0] = [str(folder) for folder in own]
    name, _, attributes = specification.partition(":")
    module: ModuleType = importlib.import_module(name)
    found = Path(module.__file__ or "").resolve()
    if own and not any(found.is_relative_to(folder) for folder in own):
        raise BuildFailedError(f"it came from {found}, not from its `backend-path` (PEP 517)", REPORT)
    backend: Any = module
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    return backend


def build(backend: Any, folder: Path) -> Path:
    """Return the wheel that the backend makes in `folder`."""
    name = backend.build_wheel(str(folder), None, None)
    wheel = folder / str(name)
    if wheel.suffix != ".whl" or not wheel.is_file():
        raise BuildFailedError(f"it says it made {name!r}, which is not there", REPORT)
    return wheel


def version_key(text: str) -> object:
    """Return the same value for all spellings of a version (PEP 440)."""
    match = VERSION.fullmatch(text.strip().lower())
    if match is None:
        return text
    epoch, release, pre, pre_number, dash, post, post_number, dev, dev_number, local = match.groups()
    numbers = [int(number) for number in release.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return (
        int(epoch or 0),
        numbers,
        pre and (PRE_RELEASES.get(pre, pre), int(pre_number or 0)),
        int(dash or post_number or 0) if dash or post else None,
        dev and int(dev_number or 0),
        local and [part.lstrip("0") or "0" if part.isdigit() else part for part in re.split("[._-]", local)],
    )


def check(wheel: Path) -> None:
    """Stop where the wheel is not of the distribution that is locked: its dependencies may be others as well."""
    with zipfile.ZipFile(wheel) as archive:
        (member,) = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        metadata = email.parser.HeaderParser().parsestr(archive.read(member).decode("utf-8", "replace"))
    name = re.sub(r"[-_.]+", "-", str(metadata["Name"])).lower()
    version = str(metadata["Version"])
    wanted = os.environ["distribution"], version_key(os.environ["lockedVersion"])
    if (name, version_key(version)) != wanted:
        raise BuildFailedError(
            f"the wheel is {name} {version}",
            "run `plugin-lock lock`; where the version comes from git's history, set it with `overrides`, as for "
            "setuptools-scm, PDM and poetry-dynamic-versioning is done already",
        )


def main() -> None:
    """Make the wheel that the build's variables describe."""
    folder = Path(sys.argv[1])
    specification = os.environ["buildBackend"]
    forget_own_folder()
    announce_version()
    with step(f"importing its backend {specification}", "its build requirements may lack something"):
        backend = load_backend(specification, os.environ["backendPath"].split())
    with step(
        f"its backend {specification} made the wheel (build_wheel)",
        "what is above comes from the backend; programs and libraries it lacks are given through `overrides`",
    ):
        wheel = build(backend, folder)
    with step("comparing the wheel with the lock", REPORT):
        check(wheel)


if __name__ == "__main__":
    main()
