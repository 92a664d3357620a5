"""A small project beside a running index: plugins.toml, a host's lock, and the operations on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lock.reader import parse
from resolver.operations.checking import check
from resolver.operations.locking import lock
from resolver.operations.project import Project, Surroundings, find
from resolver.progress import Silent
from tests.moments import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from lock.model import Lock
    from resolver.operations.reports import CheckReport, LockReport
    from tests.servers.index_server import IndexServer


@dataclass(kw_only=True)
class Workshop:
    """One project; `plugins` and `host` may be changed between runs, `settings` are further lines of plugins.toml."""

    root: Path
    server: IndexServer
    plugins: dict[str, str] = field(default_factory=dict)
    host: dict[str, str] = field(default_factory=dict)
    host_source: str = 'lock = "requirements.txt"'
    settings: str = ""
    systems: tuple[str, ...] = ("aarch64-linux", "x86_64-linux")
    python: str = "3.12"

    def write(self) -> Project:
        """Write plugins.toml and the host's requirements.txt as they are to be now."""
        systems = ", ".join(f'"{system}"' for system in self.systems)
        plugins = "\n".join(f"{name} = {value}" for name, value in self.plugins.items())
        (self.root / "plugins.toml").write_text(
            f"""\
[host]
name = "the-host"
python = "{self.python}"
entry-points = ["the_host.plugins"]
{self.host_source}

[targets]
systems = [{systems}]

[[index]]
name = "local"
url = "{self.server.url}"

[plugins]
{plugins}

{self.settings}
""",
            encoding="utf-8",
        )
        pins = "".join(f"{name}=={version}\n" for name, version in self.host.items())
        (self.root / "requirements.txt").write_text(pins, encoding="utf-8")
        return find(self.root)

    def surroundings(self) -> Surroundings:
        """A run at noon of a fixed day, with a cache of the project's own and no variables."""
        return Surroundings(environ={"HOME": str(self.root)}, now=NOON, cache_dir=self.root / "cache", refresh=True)

    def lock(self, **arguments: Any) -> LockReport:
        """Write the files and run `lock` (or `update`, with `upgrade`)."""
        return lock(self.write(), self.surroundings(), progress=Silent(), **arguments)

    def check(self) -> CheckReport:
        """Write the files and run `check`."""
        return check(self.write(), self.surroundings())

    @property
    def lock_path(self) -> Path:
        return self.root / "plugins.lock"

    def read(self) -> Lock:
        """Read plugins.lock."""
        return parse(self.lock_path.read_bytes(), "plugins.lock")

    def versions(self) -> dict[str, str]:
        """Name to version of what is locked."""
        return {package.name: package.version for package in self.read().packages}
