"""All that is wrong with one wheel, collected so that a person sees it at once."""

from __future__ import annotations

from lock.errors import LockError, Problem

# A hostile wheel can break one rule a hundred thousand times; a person needs to see it a few times.
_SHOWN_PER_CODE = 5
_SHOWN_CHARACTERS = 120


class InspectionError(LockError):
    """A wheel that must not be locked.  Exit code 1: a finding."""


class Findings:
    """Collects the problems of one wheel; every problem carries the wheel's file name."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._problems: dict[str, list[Problem]] = {}
        self._more: dict[str, int] = {}
        self.remarks: list[str] = []

    def add(self, code: str, message: str, *, member: str | None = None, remedy: str | None = None) -> None:
        """Note a problem; `member` is the place inside the wheel, shown escaped in front of the message."""
        same = self._problems.setdefault(code, [])
        if len(same) >= _SHOWN_PER_CODE:
            self._more[code] = self._more.get(code, 0) + 1
            return
        text = message if member is None else f"{shown(member)} {message}"
        same.append(Problem(code=code, message=text, path=self.filename, key=member, remedy=remedy or _REMEDY))

    def remark(self, message: str) -> None:
        """Note what is odd and no reason to refuse the wheel."""
        self.remarks.append(message)

    def raise_if_any(self) -> None:
        """Raise one `InspectionError` with every problem noted so far.

        Raises:
            InspectionError: at least one problem was noted.
        """
        problems = [problem for same in self._problems.values() for problem in same]
        problems += [
            Problem(code=code, message=f"and {count} more of this kind", path=self.filename)
            for code, count in self._more.items()
        ]
        if problems:
            raise InspectionError(*problems)


_REMEDY = "do not use this file; choose another version of the distribution and tell its maintainers"


def shown(text: str) -> str:
    """Return foreign text quoted, on one line and of bounded length, with nothing a terminal would act upon."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return repr(cut)
