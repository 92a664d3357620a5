"""Every wrong plugins.toml of tests/data/manifests/wrong gives its exact error."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lock.errors import InputError
from resolver.manifest.reader import load

DATA = Path(__file__).parents[2] / "data" / "manifests"
ERRORS = tomllib.loads((DATA / "errors.toml").read_text(encoding="utf-8"))
SECRETS = ("hunter2", "hun/ter2", "ter2", "alice")


def error_of(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> InputError:
    content = (DATA / "wrong" / f"{name}.toml").read_bytes()
    (folder / "plugins.toml").write_bytes(content)
    monkeypatch.chdir(folder)
    with pytest.raises(InputError) as raised:
        load("plugins.toml")
    return raised.value


def test_every_wrong_file_has_its_error_and_every_error_its_file() -> None:
    assert sorted(ERRORS) == sorted(path.stem for path in (DATA / "wrong").glob("*.toml"))
    assert len(ERRORS) >= 20


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_a_wrong_file_gives_its_exact_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"{error_of(name, tmp_path, monkeypatch)}\n" == ERRORS[name]


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_problem_says_where_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = len((DATA / "wrong" / f"{name}.toml").read_bytes().split(b"\n"))
    for problem in error_of(name, tmp_path, monkeypatch).problems:
        assert problem.path == "plugins.toml"
        assert problem.code
        if problem.line is None:
            assert problem.message in {"there is no [host]", "there is no [targets]"}
        else:
            assert 1 <= problem.line <= lines
        if problem.key is not None:
            assert problem.message.startswith(f"{problem.key}: ")


@pytest.mark.parametrize("name", ["index-secrets", "secrets-elsewhere"])
def test_no_field_of_a_problem_repeats_a_secret(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hun" in (DATA / "wrong" / f"{name}.toml").read_text()
    for problem in error_of(name, tmp_path, monkeypatch).problems:
        assert not any(secret in repr(problem) for secret in SECRETS)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_messages_are_safe_on_a_terminal(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = str(error_of(name, tmp_path, monkeypatch)).replace("\n", " ").replace("…", "...")
    assert text.isascii()
    assert text.isprintable()
