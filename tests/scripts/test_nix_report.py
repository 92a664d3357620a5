"""What --require-nix forgives, and what it does not."""

from __future__ import annotations

import pytest

from tests.nix.nixpkgs_machines import NEEDS_HOME_MANAGER, NEEDS_NIXPKGS

pytest_plugins = ["pytester"]

_TEST = """
import pytest

@pytest.mark.nix
def test_that_ran():
    pass

@pytest.mark.nix
@pytest.mark.skipif(True, reason={reason!r})
def test_left_out():
    pass
"""


def _run(pytester: pytest.Pytester, text: str) -> pytest.RunResult:
    pytester.makeini("[pytest]\nmarkers =\n    nix: runs Nix")
    pytester.makepyfile(text)
    return pytester.runpytest("-p", "scripts.nix_report", "-p", "no:cacheprovider", "--require-nix")


@pytest.mark.parametrize("needs", [NEEDS_NIXPKGS, NEEDS_HOME_MANAGER], ids=["nixpkgs", "home-manager"])
def test_a_missing_tree_is_no_failure(pytester: pytest.Pytester, needs: pytest.MarkDecorator) -> None:
    result = _run(pytester, _TEST.format(reason=needs.kwargs["reason"]))
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["real Nix: 1 tests ran, 0 were left out"])


def test_missing_nix_is_a_failure(pytester: pytest.Pytester) -> None:
    result = _run(pytester, _TEST.format(reason="no Nix on this machine"))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["real Nix: 1 tests ran, 1 were left out"])


def test_no_test_with_nix_is_a_failure(pytester: pytest.Pytester) -> None:
    result = _run(pytester, "def test_another():\n    pass\n")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
