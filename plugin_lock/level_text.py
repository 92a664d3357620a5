"""How well it is known who published each package, as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from plugin_lock.lock_summary import counted
from plugin_lock.terminal import Styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_lock.invocation import Invocation
    from plugin_lock.terminal import Style
    from resolver.operations.levels import Level, PackageLevel

_STYLES: dict[Level, Style] = {"hash": "warned", "publisher": "changed", "attestation": "good"}


def show_levels(levels: Sequence[PackageLevel], run: Invocation) -> None:
    """Show how many packages are at each level; with --verbose each of them, with its publishers."""
    if not levels:
        return
    if run.verbose:
        for package in levels:
            known = [" and ".join(package.publishers)] if package.publishers else []
            known += [f"agreed to: {package.excused}"] if package.excused is not None else []
            what = "; ".join(known)
            role = " (to build with)" if package.is_build else ""
            run.terminal.summary(
                Styled(package.level, _STYLES[package.level]),
                f" {package.name} {package.version}{role}{': ' if what else ''}{what}",
            )
    counts = Counter(package.level for package in levels)
    told = (f"{counted(counts[level], 'package')} at level {level}" for level in _STYLES if counts[level])
    run.terminal.summary(", ".join(told))
