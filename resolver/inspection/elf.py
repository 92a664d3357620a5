"""What an ELF file asks of the dynamic loader.

Only headers, program headers and the dynamic segment are read, as the loader does.  Source: System V ABI, chapters 4
and 5.
"""

from __future__ import annotations

from typing import IO

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from resolver.inspection.linkage import Linkage

_MAX_SEGMENTS = 1024


def elf_linkage(stream: IO[bytes]) -> Linkage | None:
    """Return DT_NEEDED and DT_SONAME of an ELF file; None for one that is never loaded (an object file).

    Raises:
        ValueError: it is no ELF file that could be loaded.
    """
    try:
        elf = ELFFile(stream)
        if elf["e_type"] not in ("ET_DYN", "ET_EXEC"):
            return None
        if elf["e_phnum"] > _MAX_SEGMENTS:
            raise ValueError("it has more segments than any real file")
        # Sections are for linkers and debuggers, may contradict what is loaded, and stand at the end of the file.
        elf.header["e_shoff"] = 0
        return _linkage(elf)
    # pyelftools asserts where a file contradicts itself, and looks up what is not there.
    except (ELFError, AssertionError, AttributeError, LookupError, TypeError, OverflowError) as error:
        raise ValueError(f"it is no ELF file that could be loaded ({type(error).__name__})") from error


def _linkage(elf: ELFFile) -> Linkage:
    needed: set[str] = set()
    offered: set[str] = set()
    for segment in elf.iter_segments("PT_DYNAMIC"):
        if not isinstance(segment, DynamicSegment):
            continue
        for tag in segment.iter_tags():
            # pyelftools sets these two attributes by name, out of a type checker's sight.
            if tag.entry.d_tag == "DT_NEEDED":
                needed.add(tag.needed)  # type: ignore[attr-defined]
            elif tag.entry.d_tag == "DT_SONAME":
                offered.add(tag.soname)  # type: ignore[attr-defined]
    return Linkage(frozenset(needed), frozenset(offered))
