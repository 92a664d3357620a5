"""The Nix systems a lock can be made for, and what PyPA's markers call them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A Nix system and its name in the words of markers (PEP 508) and platform tags."""

    name: str
    sys_platform: str
    platform_system: str
    platform_machine: str

    @property
    def marker(self) -> str:
        """The shortest marker that tells this system from the others."""
        return f"sys_platform == '{self.sys_platform}' and platform_machine == '{self.platform_machine}'"


SYSTEMS = {
    system.name: system
    for system in (
        System(name="aarch64-darwin", sys_platform="darwin", platform_system="Darwin", platform_machine="arm64"),
        System(name="aarch64-linux", sys_platform="linux", platform_system="Linux", platform_machine="aarch64"),
        System(name="x86_64-darwin", sys_platform="darwin", platform_system="Darwin", platform_machine="x86_64"),
        System(name="x86_64-linux", sys_platform="linux", platform_system="Linux", platform_machine="x86_64"),
    )
}
