"""OSV records for tests, as small as the schema allows."""

from __future__ import annotations

from typing import Any


def osv_record(
    name: str, package: str, *events: dict[str, str], versions: tuple[str, ...] = (), **keys: Any
) -> dict[str, Any]:
    """Return a record about one package with one range of these events, and further keys."""
    affected: dict[str, Any] = {"package": {"ecosystem": "PyPI", "name": package}}
    if events:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    if versions:
        affected["versions"] = list(versions)
    return {
        "schema_version": "1.7.0",
        "id": name,
        "modified": "2026-01-02T03:04:05Z",
        "summary": f"what {name} is about",
        "affected": [affected],
        **keys,
    }
