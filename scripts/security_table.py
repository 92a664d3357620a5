"""Writes the table of attacks into docs/security.md: the cases of tests/data/attacks.toml with the tests of each.

With `--check` it only says whether the table is up to date, and ends with exit code 1 where it is not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "security.md"
CASES = ROOT / "tests" / "data" / "attacks.toml"
START, END = "<!-- attacks: made by `make security-table` -->\n", "<!-- end of attacks -->\n"


def marked_tests() -> dict[int, list[str]]:
    """Return the tests that carry each number, as pytest collects them (`tests/x/test_y.py::test_z`)."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "attacks.json"
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--attacks-to", target],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise SystemExit(f"the tests cannot be collected:\n{run.stdout[-3000:]}{run.stderr[-3000:]}")
        return {int(number): tests for number, tests in json.loads(target.read_text(encoding="utf-8")).items()}


def table(tests: dict[int, list[str]]) -> str:
    """Return the table as Markdown, between its two marks."""
    rows = ["| | attack | what comes of it | tests |", "|---:|---|---|---|"]
    for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["attack"]:
        names = "<br>".join(_shown(test) for test in tests.get(case["number"], []))
        rows.append(f"| {case['number']} | {case['what']} | {case['result']} | {names} |")
    return START + "\n" + "\n".join(rows) + "\n\n" + END


def _shown(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[`{name.replace('::', '.')}`](../{file})"


def with_table(text: str, new: str) -> str:
    """Return a document with its table replaced."""
    before, _, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{DOCUMENT.relative_to(ROOT)} lacks the marks of its table")
    return before + new + after


def main() -> int:
    """Return 0 where the table is up to date, or was written."""
    text = DOCUMENT.read_text(encoding="utf-8")
    new = with_table(text, table(marked_tests()))
    if "--check" in sys.argv[1:]:
        if new != text:
            print("docs/security.md: its table is not that of the tests; run `make security-table`", file=sys.stderr)
        return int(new != text)
    DOCUMENT.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
