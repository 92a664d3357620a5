"""What a directory plugin says of itself that takes a question from the user: a risk that is lower than it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.operations.reports import PolicyEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.model import Lock

# Nerva asks before it runs what is not safe.
_RISKS = ("safe", "caution", "dangerous")


def authority_events(old: Lock | None, new: Lock) -> Iterator[PolicyEvent]:
    """Tell whose risk fell, or is no longer stated, since an older lock."""
    if old is None:
        return
    before = {plugin.name: plugin.tree.manifest.risk for plugin in old.plugins if plugin.tree is not None}
    for plugin in new.plugins:
        was = before.get(plugin.name)
        if plugin.tree is None or was not in _RISKS:
            continue
        now = plugin.tree.manifest.risk
        if now in {None, *_RISKS[: _RISKS.index(was)]} and was != _RISKS[0]:
            became = f"now calls itself {now}" if now is not None else "no longer says how risky it is"
            message = (
                f"{plugin.name} {became}; it was {was}, and a host that asks before such a plugin runs may ask no more"
            )
            yield PolicyEvent(code="risk", name=plugin.name, message=message, about="plugin")
