"""Direct references: requirements that say where the distribution is to be found (PEP 508, PEP 440).

They stand in the metadata of whoever requires something, so whoever publishes that decides where files come from.  They
are followed only where plugins.toml allows the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lock import urls
from lock.grammar import COMMIT
from resolver.manifest import addresses
from resolver.manifest.shown import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resolver.index.model import ProjectPage
    from resolver.search.needs import Need

_OTHER_SYSTEMS = ("hg+", "svn+", "bzr+")
_SHA256_DIGITS = frozenset("0123456789abcdef")


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Where a distribution is to be found: a git repository or an archive.

    `ref` is the tag, branch or commit of a repository, None for its default branch; `sha256` what an archive's
    fragment says of it, 64 lower-case hex digits.
    """

    url: str
    is_git: bool
    ref: str | None = None
    subdirectory: str | None = None
    sha256: str | None = None

    @property
    def place(self) -> tuple[bool, str, str | None, str | None]:
        """Where it leads, whatever it says of the bytes there."""
        return self.is_git, self.url, self.ref, self.subdirectory

    def admits(self, page: ProjectPage) -> bool:
        """Tell whether a page holds what the reference leads to: the same place, and the bytes if it names them."""
        if page.reference is None or page.reference.place != self.place:
            return False
        files = [file for version in page.versions.values() for file in version]
        return self.sha256 is None or all(file.sha256 == self.sha256 for file in files)

    @property
    def commit(self) -> str | None:
        """The commit, where the reference names one."""
        return self.ref if self.ref is not None and COMMIT.fits(self.ref) else None

    def __str__(self) -> str:
        text = f"git+{self.url}" if self.is_git and "://" in self.url else self.url
        text += f"@{self.ref}" if self.ref is not None else ""
        return f"{text}#subdirectory={self.subdirectory}" if self.subdirectory is not None else text


class Met:
    """The references that the search itself has met so far, by the name of what they lead to.

    What the crawler meets does not count: how far that has come is another matter in each run.
    """

    def __init__(self) -> None:
        self._known: dict[str, set[Reference]] = {}

    def note(self, needs: Iterable[Need]) -> None:
        """Remember what these needs refer to."""
        for need in needs:
            if need.reference is not None:
                self._known.setdefault(need.name, set()).add(need.reference)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __len__(self) -> int:
        return sum(map(len, self._known.values()))

    def only(self, name: str) -> Reference | None:
        """Return the one reference to a project; None where there is none, or several."""
        known = self._known.get(name, ())
        return next(iter(known)) if len(known) == 1 else None


def read(address: str) -> Reference:
    """Return what the address behind the `@` of a requirement stands for.

    Raises `Refused` for one that cannot be followed safely, in words that hold nothing of a secret in it.
    """
    if address.startswith(_OTHER_SYSTEMS):
        raise Refused("of the systems for versions of sources only git is known here")
    place, _, fragment = address.partition("#")
    fragment, sha256 = _sha256(fragment)
    found = addresses.read(f"{place}#{fragment}" if fragment else place, _named).source
    subdirectory = found.get("subdirectory")
    inner = str(subdirectory) if subdirectory is not None else None
    if "git" in found:
        if sha256 is not None:
            raise Refused("a git repository has no sha256")
        ref = found.get("tag") or found.get("rev")
        return Reference(
            url=str(found["git"]), is_git=True, ref=str(ref) if ref is not None else None, subdirectory=inner
        )
    if "url" not in found:
        raise Refused("it leads to a folder of the machine it is read on")
    return Reference(url=str(found["url"]), is_git=False, subdirectory=inner, sha256=sha256)


def allowed(reference: Reference, places: Iterable[str]) -> bool:
    """Tell whether one of the places of `[policy].allow-origins` admits a reference."""
    return any(urls.is_below(reference.url, place) for place in places)


def remedy(reference: Reference) -> str:
    """Return the line of plugins.toml that would admit a reference.

    A server is trusted as a whole; of this machine's folders the repository's own is named, and none beside it.
    """
    place = urls.origin(reference.url) or reference.url.rstrip("/")
    return f'allow-origins = {{ "{place}" = "why it is trusted" }} under [policy]'


def _named(_url: str, _name: str) -> Literal["tag"]:
    # Whether it is a tag or a branch the repository tells, once the reference is followed.
    return "tag"


def _sha256(fragment: str) -> tuple[str, str | None]:
    """Take `sha256=…` out of a fragment; weaker hashes are left in it, and refused with it."""
    rest = []
    sha256 = None
    for part in fragment.split("&") if fragment else ():
        key, _, value = part.partition("=")
        if key != "sha256":
            rest.append(part)
        elif sha256 is not None or len(value) != 64 or not _SHA256_DIGITS.issuperset(value.lower()):
            raise Refused("its sha256 is not one of 64 hexadecimal digits")
        else:
            sha256 = value.lower()
    return "&".join(rest), sha256
