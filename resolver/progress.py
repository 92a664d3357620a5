"""How far a long run is: what the resolver tells whoever shows it; never mixed into what is decided."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of stages as they pass; every method may be called from any thread."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage (`resolving`, `downloading`); `total` is its size in steps where it is known."""
        ...

    def step(self, detail: str, amount: int = 1) -> None:
        """Note that `amount` steps of the current stage are done; `detail` says on what."""
        ...


class Silent:
    """Shows nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignore the stage."""

    def step(self, detail: str, amount: int = 1) -> None:
        """Ignore the step."""
