"""Reading plugins.toml: text to a `Manifest`, or one error with everything that is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from lock.errors import InputError, Problem, WorldError
from lock.toml_lines import syntax_problem
from resolver.manifest import host, indexes, plugins, resolution, targets
from resolver.manifest.document import Document, Table
from resolver.manifest.model import Manifest, PolicyConfig, ResolutionConfig

KEYS = ("host", "targets", "plugins", "index", "resolution", "policy")

MAX_SIZE = 1024 * 1024
"""Bytes of a file (characters of a text); a thousand plugins need a tenth of it."""

_MERGE_MARKER = re.compile(r"^(<{7}|\|{7}|={7}|>{7})([ \t].*)?$", re.MULTILINE)


def load(path: str | Path) -> Manifest:
    """Read a plugins.toml from disk.

    Raises `InputError` where it is absent or wrong, `WorldError` where the disk fails.
    """
    return parse(read_text(path), str(path))


def read_text(path: str | Path) -> str:
    """Return the text of a plugins.toml; raises as `load` does, its content is not judged."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            Problem(
                code="no-manifest",
                message="there is no such file",
                path=str(path),
                remedy="run `plugin-lock init` to write one",
            )
        ) from None
    except IsADirectoryError:
        raise InputError(
            Problem(code="no-manifest", message="this is a directory", path=str(path), remedy="name the file in it")
        ) from None
    except OSError as error:
        raise WorldError(
            Problem(
                code="unreadable",
                message=f"the file cannot be read: {error.strerror}",
                path=str(path),
                remedy="check its permissions and the disk",
            )
        ) from error
    _check_size(len(content), str(path))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            Problem(
                code="not-utf-8",
                message="the file is not UTF-8",
                path=str(path),
                line=content.count(b"\n", 0, error.start) + 1,
                remedy="save it as UTF-8, as TOML requires",
            )
        ) from None


def parse(text: str, path: str) -> Manifest:
    """Return the content of a plugins.toml; `path` is its name in messages.

    Raises `InputError` with every problem found, in the order of their lines.
    """
    document = Document(text, path)
    top = Table(document, (), parse_toml(text, path), KEYS)
    for name, example in (("host", "name, python and lock of the host"), ("targets", "the systems to lock for")):
        if name not in top:
            document.report(
                (),
                f"there is no [{name}]",
                code="missing-key",
                remedy=f"add it, with {example}; `plugin-lock init` writes a file to start from",
            )
    host_table = top.table("host", host.KEYS)
    host_config = host.read(host_table) if host_table else None
    targets_table = top.table("targets", targets.KEYS)
    targets_config = targets.read(targets_table) if targets_table else None
    index_configs = indexes.read(document, top.values.get("index", []))
    plugin_configs = plugins.read(
        document,
        top.values.get("plugins", {}),
        _index_names(top.values.get("index")),
        host_config.name if host_config else None,
    )
    resolution_table = top.table("resolution", resolution.KEYS)
    resolution_config = resolution.read(resolution_table) if resolution_table else ResolutionConfig()
    policy_table = top.table("policy", resolution.POLICY_KEYS)
    policy_config = resolution.read_policy(policy_table) if policy_table else PolicyConfig()
    if document.problems or host_config is None or targets_config is None:
        raise document.error()
    return Manifest(
        path=path,
        host=host_config,
        targets=targets_config,
        plugins=plugin_configs,
        indexes=index_configs,
        resolution=resolution_config,
        policy=policy_config,
    )


def _index_names(values: object) -> tuple[str, ...]:
    """Return the names of all indexes, wrong ones included: a plugin that uses such a one is not wrong itself."""
    items = values if isinstance(values, list) else []
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return tuple(name for name in names if isinstance(name, str))


def parse_toml(text: str, path: str) -> dict[str, object]:
    """Return the tables of a TOML text; raises `InputError` for whatever is no TOML, or too large or deep."""
    _check_size(len(text), path)
    if text.startswith("\ufeff"):
        raise InputError(
            Problem(
                code="byte-order-mark",
                message="the file begins with a byte order mark",
                path=path,
                line=1,
                remedy='save it as UTF-8 without one ("UTF-8", not "UTF-8 with BOM")',
            )
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_merge_problem(text, path) or syntax_problem(error, path, text=text)) from None
    except RecursionError:
        message = "arrays or tables are nested too deeply"
    except ValueError:
        # int() refuses numbers of thousands of digits with a plain ValueError, which tomllib lets through.
        message = "a number has too many digits"
    raise InputError(
        Problem(
            code="toml-syntax", message=message, path=path, remedy="nothing in plugins.toml needs this; take it out"
        )
    )


def _merge_problem(text: str, path: str) -> Problem | None:
    marker = _MERGE_MARKER.search(text)
    if marker is None:
        return None
    return Problem(
        code="merge-conflict",
        message="a merge conflict is not resolved",
        path=path,
        line=text.count("\n", 0, marker.start()) + 1,
        remedy="choose between the two sides, and remove the lines of <, = and >",
    )


def _check_size(size: int, path: str) -> None:
    if size > MAX_SIZE:
        raise InputError(
            Problem(
                code="too-large",
                message=f"the file is larger than {MAX_SIZE} bytes",
                path=path,
                remedy="name a plugins.toml; a lock or another file was perhaps given by mistake",
            )
        )
