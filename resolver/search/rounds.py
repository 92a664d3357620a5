"""resolvelib's rounds, without asking again in each what an earlier one has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvelib import BaseReporter
from resolvelib.resolvers import Resolution

from resolver.search.needs import Candidate
from resolver.search.provider import Asked

if TYPE_CHECKING:
    from resolvelib.resolvers import Criterion

    from resolver.search.provider import Provider


class Rounds(Resolution[Asked, Candidate, str]):
    """A resolution that remembers which pins satisfy what is asked of them.

    In each round resolvelib asks for every name whether its pin still meets every requirement, which for a hundred
    names costs more than the search itself.  It never changes a criterion, it replaces it; so a pin that satisfied one
    does until either is another object.  The method is resolvelib's own and not documented: a release that
    no longer calls it makes the search slower, not wrong.
    """

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider, BaseReporter())
        self._satisfied: dict[str, tuple[Criterion[Asked, Candidate], Candidate]] = {}

    def _is_current_pin_satisfying(self, name: str, criterion: Criterion[Asked, Candidate]) -> bool:
        pin = self._states[-1].mapping.get(name)
        if pin is None:
            return False
        known = self._satisfied.get(name)
        if known is not None and known[0] is criterion and known[1] is pin:
            return True
        satisfied: bool = super()._is_current_pin_satisfying(name, criterion)
        if satisfied:
            self._satisfied[name] = (criterion, pin)
        return satisfied
