"""One project's versions as the search sees them: which can be used on which target, and why the others cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from resolver.search.markers import ApplicableTargets, version
from resolver.search.version_bounds import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.search.settings import SearchSettings

RejectionCode = Literal[
    "constraint",
    "no-hash",
    "no-upload-time",
    "no-wheel",
    "not-built",
    "prerelease",
    "python",
    "quarantined",
    "too-new",
    "yanked",
]


Refusal = tuple[RejectionCode, str]


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """Why a version cannot be used on the targets in `mask`, whatever else is chosen."""

    code: RejectionCode
    detail: str
    mask: int


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """The best file of one version for each target that can use it, and why the other targets cannot."""

    files: Mapping[int, ProjectFile]
    mask: int
    rejections: tuple[Rejection, ...]


class ListedVersion(NamedTuple):
    """A version as the index's file names spell it; parsed when it is looked at, for most of a page never are."""

    text: str

    @property
    def version(self) -> Version:
        """The version as parsed."""
        return version(self.text)


class _Usable(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a version that no rule speaks against, and what speaks against another of them."""

    files: list[ProjectFile]
    refusal: Refusal | None


class Listing:
    """A project page under the rules of one search; nothing here depends on what else is chosen."""

    def __init__(self, page: ProjectPage, settings: SearchSettings, applicable: ApplicableTargets) -> None:
        self.page = page
        self._settings = settings
        self._applicable = applicable
        self._fits: dict[str, Fit] = {}
        self._matching: dict[str, tuple[tuple[int, int], dict[str, bool]]] = {}

    @cached_property
    def versions(self) -> tuple[ListedVersion, ...]:
        """Every version the index lists, newest first."""
        return tuple(map(ListedVersion, self.page.versions))

    @cached_property
    def preferred(self) -> tuple[Version, ...]:
        """The versions an older lock holds."""
        return tuple(version(text) for text in self._settings.preferred.get(self.page.name, ()))

    @cached_property
    def prereleases(self) -> Literal["never", "last", "equal"]:
        """When pre-releases of this project are tried: never, after every final release, or by version alone.

        A pre-release that a person named puts all of the project's on a level with final releases (version
        specifiers specification, "Handling of pre-releases"); `if-necessary` falls back to them, as uv does.
        """
        mode = self._settings.prereleases
        if mode == "allow" or (mode != "disallow" and self.page.name in self._settings.explicit_prereleases):
            return "equal"
        return "last" if mode == "if-necessary" else "never"

    def matching(self, specifier: SpecifierSet) -> Iterator[ListedVersion]:
        """Yield the versions a specifier admits, newest first, pre-releases included."""
        # Long pages are common and the first match is usually the one taken, so each verdict is made when asked for.
        known = self._matching.get(str(specifier))
        if known is None:
            known = self._matching[str(specifier)] = (bounds(self.versions, specifier), {})
        (start, end), verdicts = known
        for listed in self.versions[start:end]:
            admitted = verdicts.get(listed.text)
            if admitted is None:
                admitted = verdicts[listed.text] = specifier.contains(listed.version, prereleases=True)
            if admitted:
                yield listed

    def in_order(self, specifier: SpecifierSet) -> Iterator[ListedVersion]:
        """Yield the versions a specifier admits in the order in which they are tried."""
        if self.preferred:
            kept = [listed for listed in self.versions if listed.version in self.preferred]
            for wanted in self.preferred:
                for listed in kept:
                    if listed.version == wanted and specifier.contains(wanted, prereleases=True):
                        yield listed
        later = []
        for listed in self.matching(specifier):
            if listed.version in self.preferred:
                continue
            if self.prereleases == "last" and listed.version.is_prerelease:
                later.append(listed)
            else:
                yield listed
        yield from later

    def fit_of(self, text: str) -> Fit:
        """Return `fit` of the version that the index spells like this."""
        return self._fits.get(text) or self.fit(ListedVersion(text))

    def fit(self, listed: ListedVersion) -> Fit:
        """Return which targets can use a version and through which file."""
        fit = self._fits.get(listed.text)
        if fit is None:
            fit = self._fit(listed)
            self._fits[listed.text] = fit
        return fit

    def _fit(self, listed: ListedVersion) -> Fit:
        everywhere = self._applicable.targets.all
        whole = self._whole_version_rejection(listed, everywhere)
        if whole is not None:
            return Fit(files={}, mask=0, rejections=(whole,))
        wheels = self._usable_files(listed, built=False)
        sources = self._usable_files(listed, built=True)
        excluded = self._constrained(listed)
        files: dict[int, ProjectFile] = {}
        refused: dict[Refusal, int] = {}
        for bit in range(len(self._applicable.targets.targets)):
            best: ProjectFile | Refusal
            if excluded >> bit & 1:
                best = ("constraint", "a constraint excludes it")
            else:
                best = self._file(listed, wheels, sources, bit)
            if isinstance(best, tuple):
                refused[best] = refused.get(best, 0) | 1 << bit
            else:
                files[bit] = best
        return Fit(
            files=files,
            mask=sum(1 << bit for bit in files),
            rejections=tuple(
                Rejection(code=code, detail=detail, mask=mask) for (code, detail), mask in refused.items()
            ),
        )

    def _file(self, listed: ListedVersion, wheels: _Usable, sources: _Usable, bit: int) -> ProjectFile | Refusal:
        """Return the file a target takes; a source only where no wheel fits and the policy allows its build."""
        wheel = self._best_wheel(wheels.files, bit)
        if wheel is not None and not isinstance(wheel, tuple):
            return wheel
        source = self._best_source(sources.files, bit) if self._may_build else None
        if source is not None and not isinstance(source, tuple):
            return source
        refused = sources.refusal if self._may_build else None
        return wheel or wheels.refusal or source or refused or self._why_no_file(listed, bit)

    @property
    def _may_build(self) -> bool:
        return self.page.name in self._settings.allow_build

    def _best_wheel(self, usable: list[ProjectFile], bit: int) -> ProjectFile | Refusal | None:
        """Return the wheel a target takes: the one an older lock holds, else the best by its tags."""
        target = self._applicable.targets.targets[bit]
        python: Refusal | None = None
        best: tuple[tuple[bool, tuple[int, tuple[int, str]]], ProjectFile] | None = None
        for file in usable:
            rank = target.wheel_rank(file.filename)
            if rank is None:
                continue
            if not self._admits_python(file, bit):
                python = ("python", f"it requires Python {file.requires_python}")
                continue
            key = (not self._is_preferred(file), rank)
            if best is None or key < best[0]:
                best = (key, file)
        return python if best is None else best[1]

    def _best_source(self, usable: list[ProjectFile], bit: int) -> ProjectFile | Refusal | None:
        """Return the source a target takes: the one an older lock holds, else the `.tar.gz` of PEP 625."""
        fitting = [file for file in usable if self._admits_python(file, bit)]
        if fitting:
            return min(
                fitting,
                key=lambda file: (not self._is_preferred(file), not file.filename.endswith(".tar.gz"), file.filename),
            )
        return ("python", f"it requires Python {usable[0].requires_python}") if usable else None

    def _is_preferred(self, file: ProjectFile) -> bool:
        return file.sha256 is not None and self._settings.preferred_files.get(file.filename) == file.sha256

    def _admits_python(self, file: ProjectFile, bit: int) -> bool:
        return bool(self._applicable.requires_python(file.requires_python) >> bit & 1)

    def _why_no_file(self, listed: ListedVersion, bit: int) -> Refusal:
        # An sdist or a wheel for another platform can still tell that this Python is not meant at all.
        files = self.page.versions[listed.text]
        pythons = {file.requires_python for file in files}
        if len(pythons) == 1:
            (only,) = pythons
            if not self._applicable.requires_python(only) >> bit & 1:
                return "python", f"it requires Python {only}"
        kinds = {file.kind for file in files}
        if "tree" in kinds:
            return "not-built", f"it must be built{self._how_to_allow()}"
        lacking = f"it has no wheel{self._lacking_for(files, bit)}" if "wheel" in kinds else "it has no wheel"
        if kinds == {"wheel"}:
            return "no-wheel", lacking
        return "not-built", f"{lacking}, only a source distribution{self._how_to_allow()}"

    def _lacking_for(self, files: Iterable[ProjectFile], bit: int) -> str:
        """Say what no wheel is there for: one system, or this Python on all of them (as with wheels for Python 2)."""
        targets = self._applicable.targets.targets
        wheels = [file.filename for file in files if file.kind == "wheel"]
        if len(targets) > 1 and all(target.wheel_rank(name) is None for target in targets for name in wheels):
            return f" that fits Python {targets[bit].python} on any of the systems"
        return f" for {targets[bit].system}"

    def _how_to_allow(self) -> str:
        allowed = f'allow-build = {{ "{self.page.name}" = "why this is acceptable" }}'
        return f"; building runs its code: to allow that, write under [policy]: {allowed}"

    def _whole_version_rejection(self, listed: ListedVersion, everywhere: int) -> Rejection | None:
        if self.page.status == "quarantined":
            return Rejection(code="quarantined", detail="the index has quarantined the project", mask=everywhere)
        if self.page.direct:
            # A person has chosen this very file.
            return None
        if listed.version.is_prerelease and self.prereleases == "never" and listed.version not in self.preferred:
            return Rejection(code="prerelease", detail="it is a pre-release", mask=everywhere)
        return None

    def _usable_files(self, listed: ListedVersion, *, built: bool) -> _Usable:
        """Return the wheels of a version, or with `built` the sources that would have to be built."""
        usable = []
        refusal: Refusal | None = None
        may_be_yanked = (
            self.page.name,
            listed.version,
        ) in self._settings.allowed_yanks or listed.version in self.preferred
        for file in self.page.versions[listed.text]:
            if (file.kind == "wheel") is built:
                continue
            refused = None if self.page.direct else self._refuse_file(file, may_be_yanked=may_be_yanked)
            if refused is None:
                usable.append(file)
            else:
                refusal = refused
        return _Usable(files=usable, refusal=refusal)

    def _refuse_file(self, file: ProjectFile, *, may_be_yanked: bool) -> Refusal | None:
        if file.sha256 is None:
            return "no-hash", "the index gives no sha256 for it"
        if file.yanked is not None and not may_be_yanked:
            return "yanked", f"it was yanked{f' ({file.yanked})' if file.yanked else ''}"
        cutoff = self._settings.exclude_newer
        if cutoff is not None:
            if file.upload_time is None:
                return "no-upload-time", "the index gives no upload time, so exclude-newer cannot be applied"
            if _moment(file.upload_time) >= cutoff:
                return (
                    "too-new",
                    f"it was uploaded on {file.upload_time[:10]}, inside the exclude-newer window",
                )
        return None

    def _constrained(self, listed: ListedVersion) -> int:
        mask = 0
        for constraint in self._settings.constraints.get(self.page.name, ()):
            if not constraint.specifier.contains(listed.version, prereleases=True):
                mask |= self._applicable.marker(constraint.marker)
        return mask


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
