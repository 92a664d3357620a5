"""An isolated environment for one source: its build requirements installed, a copy of its tree, its hooks called.

The hooks of PEP 517 are called through pyproject-hooks, as pip and build do; environments are made by uv.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lock.errors import WorldError
from resolver.building.failures import Step, step_failed
from resolver.sources.trees import disk_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyproject_hooks import BuildBackendHookCaller
    from pyproject_hooks._impl import SubprocessRunner

    from resolver.building.interpreter import Interpreter
    from resolver.building.isolation import Isolation
    from resolver.building.source import SourceTree
    from resolver.sources.pyproject import BuildSystem

MAX_METADATA_BYTES = 8 * 1024 * 1024


# In these setuptools-scm (and hatch-vcs), PDM and poetry-dynamic-versioning take a version instead of asking git.
VERSION_VARIABLES = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS")


class _ProgramFailedError(Exception):
    """A hook's process did not end well."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Room:
    """Where one source is built; a context manager, gone afterwards.  Every method raises `WorldError`."""

    def __init__(
        self,
        source: SourceTree,
        system: BuildSystem,
        interpreter: Interpreter,
        wheels: Sequence[Path],
        isolation: Isolation,
    ) -> None:
        self._source = source
        self._system = system
        self._interpreter = interpreter
        self._wheels = wheels
        self._isolation = isolation
        self._output = ""
        self._temporary = tempfile.TemporaryDirectory(prefix="plugin-lock-build-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name).resolve()
        self._venv = self._folder / "environment"

    def __enter__(self) -> Self:
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the environment and everything that was built in it."""
        self._temporary.cleanup()

    def requires(self) -> tuple[str, ...]:
        """Return what the backend wants besides `build-system.requires` (`get_requires_for_build_wheel`).

        Some backends ask for cmake, ninja or the like only where PATH has none.  The answer goes into a lock and the
        build is done elsewhere, so this machine's programs are kept out of sight, unless the backend cannot do
        without.
        """
        step: Step = "get_requires_for_build_wheel"
        try:
            answer = self._call(step, lambda hooks: hooks.get_requires_for_build_wheel(), self._run_without_programs)
        except WorldError:
            answer = self._call(step, lambda hooks: hooks.get_requires_for_build_wheel())
        if not isinstance(answer, list) or not all(isinstance(entry, str) for entry in answer):
            raise self._failed(step, "returned something else than a list of strings")
        return tuple(answer)

    def metadata(self) -> bytes | None:
        """Return METADATA as `prepare_metadata_for_build_wheel` writes it, None where the backend has no such hook."""
        from pyproject_hooks import HookMissing  # noqa: PLC0415 - only a build needs it

        step: Step = "prepare_metadata_for_build_wheel"
        folder = self._fresh("metadata")
        try:
            answer = self._call(
                step, lambda hooks: hooks.prepare_metadata_for_build_wheel(str(folder), _allow_fallback=False)
            )
        except HookMissing:
            return None
        path = self._result(step, folder, answer) / "METADATA"
        if not path.is_file() or path.is_symlink() or path.stat().st_size > MAX_METADATA_BYTES:
            raise self._failed(step, "wrote no METADATA that can be read")
        return path.read_bytes()

    def wheel(self) -> Path:
        """Build the wheel; it is gone with the room."""
        folder = self._fresh("wheel")
        answer = self._call("build_wheel", lambda hooks: hooks.build_wheel(str(folder)))
        path = self._result("build_wheel", folder, answer)
        if path.suffix != ".whl" or not path.is_file() or path.is_symlink():
            raise self._failed("build_wheel", "wrote no wheel")
        return path

    # -- the environment -----------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        (self._folder / "home").mkdir()
        # What is locked never holds a repository's own folder, so a build that looks for one must not find it here.
        without = shutil.ignore_patterns(".git")
        try:
            shutil.copytree(self._source.root, self._folder / "source", symlinks=True, ignore=without)
        except OSError as error:
            raise disk_failure(error, str(self._source)) from None
        python = ["--python", self._interpreter.path]
        self._uv("venv", "--no-project", *python, str(self._venv))
        if self._wheels:
            target = ["--python", str(self._venv / "bin" / "python")]
            options = ["--no-deps", "--no-index", "--no-build", "--link-mode", "copy"]
            self._uv("pip", "install", *target, *options, *map(str, self._wheels))

    def _uv(self, *words: str) -> None:
        environ = self._environ() | {"UV_NO_CACHE": "1"}
        command = [self._isolation.uv, *words, "--quiet", "--no-progress"]
        ran = self._isolation.run(command, cwd=self._folder, environ=environ, closed=False)
        if ran.status != 0:
            raise step_failed(self._source, "environment", f"could not be made ({_end(ran.status)})", ran.output)

    def _environ(self) -> dict[str, str]:
        environ = self._isolation.environ(home=str(self._folder / "home")) | {"TMPDIR": str(self._fresh("tmp"))}
        version = self._source.version or self._source.tagged
        return environ | (dict.fromkeys(VERSION_VARIABLES, version) if version else {})

    def _fresh(self, name: str) -> Path:
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _result(self, step: Step, folder: Path, answer: object) -> Path:
        if not isinstance(answer, str) or not answer or Path(answer).name != answer or answer in {".", ".."}:
            raise self._failed(step, "returned something else than a name")
        return folder / answer

    # -- the hooks -----------------------------------------------------------------------------------------------

    def _call(
        self, step: Step, call: Callable[[BuildBackendHookCaller], Any], runner: SubprocessRunner | None = None
    ) -> Any:
        from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, BuildBackendWarning  # noqa: PLC0415

        subdirectory = self._source.subdirectory
        project = self._folder / "source" / subdirectory if subdirectory else self._folder / "source"
        hooks = BuildBackendHookCaller(
            str(project),
            self._system.backend,
            list(self._system.backend_path),
            runner=runner or self._run,
            python_executable=str(self._venv / "bin" / "python"),
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", BuildBackendWarning)
                return call(hooks)
        except _ProgramFailedError as error:
            raise self._failed(step, error.reason) from None
        except BackendUnavailable as error:
            self._output = error.traceback or ""
            raise self._failed(step, f"finds no backend {self._system.backend}") from None
        except (OSError, ValueError, KeyError) as error:
            # The answer is a file that the backend's process wrote.
            raise self._failed(step, f"gave no answer that can be read ({type(error).__name__})") from None

    def _run_without_programs(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        self._run(cmd, cwd, {**(extra_environ or {}), "PATH": str(self._venv / "bin")})

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        environ = self._environ()
        environ["PATH"] = f"{self._venv / 'bin'}:{environ['PATH']}"
        environ["VIRTUAL_ENV"] = str(self._venv)
        environ |= extra_environ or {}
        ran = self._isolation.run(cmd, cwd=Path(cwd or self._folder), environ=environ)
        self._output = ran.output
        if ran.status != 0:
            raise _ProgramFailedError(f"failed ({_end(ran.status)})")

    def _failed(self, step: Step, reason: str) -> Exception:
        # Where the output names our temporary folders, the last part of the path says enough.
        return step_failed(self._source, step, reason, self._output.replace(f"{self._folder}/", ""))


def _end(status: int | None) -> str:
    if status is None:
        return "it took too long"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
