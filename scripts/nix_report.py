"""A pytest plugin: counts the tests that ran real Nix; with --require-nix it fails where one was left out."""

from __future__ import annotations

import pytest

_PROPERTY = ("marker", "nix")
# Tests that need nixpkgs or Home Manager run where these variables name a tree, which no continuous integration has.
_MAY_BE_MISSING = ("NIXPKGS names no tree", "HOME_MANAGER names no tree")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --require-nix."""
    parser.addoption("--require-nix", action="store_true", help="fail if tests were left out for want of Nix")


def pytest_configure(config: pytest.Config) -> None:
    """Count where results arrive: in xdist's controller, not in its workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NixReport(required=config.getoption("--require-nix")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the items so that their reports, which come from another process, can be told apart."""
    for item in items:
        if item.get_closest_marker("nix"):
            item.user_properties.append(_PROPERTY)


class NixReport:
    """The count, and the verdict at the end."""

    def __init__(self, *, required: bool) -> None:
        self.required = required
        self.ran = 0
        self.left_out: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of one test."""
        if list(_PROPERTY) not in [list(entry) for entry in report.user_properties]:
            return
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if not any(missing in reason for missing in _MAY_BE_MISSING):
                self.left_out.append(f"{report.nodeid}: {reason}")
        elif report.when == "call":
            self.ran += 1

    @property
    def missed(self) -> bool:
        """Whether Nix was required and did not run, or not in every test."""
        return self.required and (self.ran == 0 or bool(self.left_out))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn success into failure where Nix was missed."""
        if self.missed and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many tests ran Nix, before pytest's closing line."""
        terminalreporter.write_line(f"real Nix: {self.ran} tests ran, {len(self.left_out)} were left out")
        if self.missed:
            terminalreporter.write_line("ERROR: --require-nix was given, and these did not run:", red=True)
            for line in self.left_out or ["every one of them"]:
                terminalreporter.write_line(f"  {line}")
