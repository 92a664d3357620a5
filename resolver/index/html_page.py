"""Reading a project page as HTML (PEP 503, with PEP 592, 629, 658, 708, 714, 740 and 792)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import msgspec
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from resolver.index.page_digest import PROJECT_STATUSES, PageError, PageFacts, check_api_version, digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resolver.index.page_digest import Digest

_HASH_FUNCTIONS = ("sha256=", "sha512=", "sha384=", "sha224=", "sha1=", "md5=")


def read(project: str, base: str, text: bytes) -> Digest:
    """Digest an HTML page; raises `PageError`.  `base` is the URL it was served from."""
    try:
        tree = LexborHTMLParser(text.decode("utf-8", "replace"))
    except SelectolaxError:
        raise PageError("its HTML cannot be parsed") from None
    metas: dict[str, list[str]] = {}
    for node in tree.css("meta"):
        attributes = node.attributes
        metas.setdefault((attributes.get("name") or "").lower(), []).append(attributes.get("content") or "")
    for version in metas.get("pypi:repository-version", ()):
        check_api_version(version)
    status = metas.get("pypi:project-status", ["active"])[0]
    if status not in PROJECT_STATUSES:
        raise PageError(f"its project status {status[:80]!r} is not one of PEP 792's", newer=True)
    base_node = tree.css_first("base[href]")
    if base_node is not None:
        base = _joined(base, base_node.attributes.get("href") or "")
    facts = PageFacts(
        base=base,
        status=status,
        tracks=tuple(metas.get("pypi:tracks", ())),
        alternate_locations=tuple(metas.get("pypi:alternate-locations", ())),
    )
    return digest(project, _entries(node.attributes for node in tree.css("a[href]")), facts)


def _entries(anchors: Iterator[Mapping[str, str | None]]) -> Iterator[tuple[str, bytes]]:
    encode = msgspec.json.encode
    for anchor in anchors:
        url, _, fragment = (anchor.get("href") or "").strip().partition("#")
        filename = unquote(_path(url).rpartition("/")[2])
        if not filename:
            continue  # a link elsewhere: to the parent, to a home page
        entry: dict[str, object] = {"filename": filename, "url": url}
        for name in _HASH_FUNCTIONS:
            if fragment.startswith(name):
                entry["hashes"] = {name[:-1]: fragment.removeprefix(name).partition("&")[0]}
        if (requires_python := anchor.get("data-requires-python")) is not None:
            entry["requires-python"] = requires_python
        if "data-yanked" in anchor:
            entry["yanked"] = anchor["data-yanked"] or True
        metadata = anchor.get("data-core-metadata", anchor.get("data-dist-info-metadata"))
        if metadata is not None:
            entry["core-metadata"] = (
                {"sha256": metadata.removeprefix("sha256=")} if metadata.startswith("sha256=") else metadata != "false"
            )
        # Not in a PEP for HTML, but mirrors serve it, and a cooldown cannot work without.
        if (upload_time := anchor.get("data-upload-time")) is not None:
            entry["upload-time"] = upload_time
        if (provenance := anchor.get("data-provenance")) is not None:
            entry["provenance"] = provenance
        yield filename, encode(entry)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        raise PageError("its base address cannot be understood") from None
