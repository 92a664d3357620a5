"""How a source can fail to build, as errors that name the source, the step and what the backend said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lock.errors import Problem, ResolutionError, WorldError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.building.source import SourceTree

Step = Literal[
    "environment",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_wheel",
    "build_wheel",
]
"""The steps of a build: the isolated environment, then the hooks of PEP 517 by their names."""

SHOWN_LINES = 30
"""How many of the last lines of a backend's output are shown."""

_REMEDY = (
    "read the lines above; a source may need a program or library that this machine lacks, or another version of a"
    " build requirement (a line in [resolution].constraints), else ask whoever publishes it. plugins.lock is as it was"
)


def step_failed(source: SourceTree, step: Step, reason: str, output: str = "") -> WorldError:
    """Make the error of a step that failed; the last lines of `output` are shown."""
    lines = [line.rstrip() for line in output.replace("\r", "\n").split("\n") if line.strip()]
    cut = [f"… ({len(lines) - SHOWN_LINES} lines before)"] if len(lines) > SHOWN_LINES else []
    message = [f"{source} does not build: {step} {reason}", *cut, *lines[-SHOWN_LINES:]]
    return WorldError(
        Problem(code="source-build-failed", message="\n  ".join(message), key=source.name, remedy=_REMEDY)
    )


def not_allowed(source: SourceTree) -> ResolutionError:
    """Make the error of a source whose code must not run."""
    return ResolutionError(
        Problem(
            code="build-not-allowed",
            message=f"{source} must be built, which runs its code, and the policy does not allow it",
            key=source.name,
            remedy="look at what it does; to allow it, write under [policy]: allow-build ="
            f' {{ "{source.name}" = "why this is acceptable" }}',
        )
    )


def unusable(source: SourceTree | str, reason: str) -> ResolutionError:
    """Make the error of a source (or of a plugin, by its name) that breaks the standards."""
    return ResolutionError(
        Problem(
            code="unusable-source",
            message=f"{source} cannot be used: {reason}",
            key=source if isinstance(source, str) else source.name,
            remedy="choose another version of it, or ask whoever publishes it",
        )
    )


def cycle(chain: Sequence[SourceTree]) -> ResolutionError:
    """Make the error of sources that need each other to be built; the last is the first again."""
    first, *rest = chain
    links = ", which is built with ".join(map(str, rest))
    return ResolutionError(
        Problem(
            code="build-cycle",
            message=f"{first} is built with {links}: none of them can be built first",
            key=first.name,
            remedy=f"choose a version of {' or '.join(sorted({source.name for source in rest}))} that has a wheel,"
            " with a line in [resolution].constraints",
        )
    )
