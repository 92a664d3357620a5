"""Real processes of the command line, each with what is to go wrong in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from tests.projects import Workshop

ROOT = Path(__file__).parents[2]
_ENVIRON = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: its exit code (negative: the signal), what it printed, how many steps it had done."""

    code: int
    said: str
    steps: int = 0


class Runs:
    """Starts run after run without the price of a new interpreter for each; use it as a context manager."""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.child", "serve"],
            cwd=ROOT,
            env=_ENVIRON,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.communicate()

    def run(self, workshop: Workshop, *arguments: str, **trouble: Any) -> End:
        """Run to the end."""
        order = order_for(workshop, arguments, trouble)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        return End(answer["code"], answer["said"], answer["steps"])


class PausedRun:
    """A run of its own that waits before a step until it is let go."""

    def __init__(self, workshop: Workshop, *arguments: str, **trouble: Any) -> None:
        self._reached, reached = os.pipe()
        go, self._go = os.pipe()
        order = order_for(workshop, arguments, {**trouble, "reached": reached, "go": go})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.child", json.dumps(order)],
            cwd=ROOT,
            env=_ENVIRON,
            pass_fds=(reached, go),
            stdout=subprocess.PIPE,
            text=True,
        )
        os.close(reached)
        os.close(go)

    def wait_for_the_step(self) -> bool:
        """Tell whether it came to the step; False where it ended before."""
        return os.read(self._reached, 1) == b"!"

    def let_go(self) -> End:
        """Let it run on to its end."""
        os.close(self._go)
        said, _ = self._process.communicate()
        os.close(self._reached)
        return End(self._process.returncode, said)


def order_for(workshop: Workshop, arguments: tuple[str, ...], trouble: dict[str, Any]) -> dict[str, Any]:
    """Write what a child is to do; the cache lies beside the project."""
    return {
        "arguments": list(arguments),
        "folder": str(workshop.root),
        "environ": {
            "HOME": str(workshop.root.parent),
            "PATH": os.environ["PATH"],
            "PLUGIN_LOCK_CACHE_DIR": str(trouble.pop("cache", workshop.root.parent / "cache")),
            "NO_COLOR": "1",
        },
        **trouble,
    }
