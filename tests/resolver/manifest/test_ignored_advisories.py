from __future__ import annotations

from datetime import date

from resolver.manifest.reader import parse

HEAD = '[host]\nname = "h"\npython = "3.12"\n[targets]\nsystems = ["x86_64-linux"]\n'


def test_agreements_are_read_and_sorted_by_id() -> None:
    text = f"""{HEAD}
[policy.ignore-advisories]
PYSEC-2026-7 = {{ reason = "not reachable ", until = 2026-12-31 }}
"ghsa-1111-2222-3333" = {{ reason = "no server here", until = "2027-01-01" }}
"""
    first, second = parse(text, "plugins.toml").policy.ignore_advisories
    assert (first.id, first.reason, first.until) == ("ghsa-1111-2222-3333", "no server here", date(2027, 1, 1))
    assert (second.id, second.reason, second.until) == ("PYSEC-2026-7", "not reachable", date(2026, 12, 31))
    assert (first.place.line, second.place.line) == (9, 8)


def test_nothing_is_ignored_where_nothing_is_said() -> None:
    assert parse(HEAD, "plugins.toml").policy.ignore_advisories == ()
    assert parse(f"{HEAD}[policy]\nignore-advisories = {{}}\n", "plugins.toml").policy.ignore_advisories == ()
