"""How names, versions, files and the like are spelt in plugins.lock (rule 5), and how foreign text is shown.

A value that fits its grammar is safe as part of a file name, a store path, a TOML key and a terminal line: none
admits `..`, control characters, `${`, or (paths and free text apart) `/` and anything outside ASCII.
"""

from __future__ import annotations

import re

import msgspec

from lock.systems import SYSTEMS

LONGEST_TEXT = 1000
"""The longest free text (a licence, a reason, a marker), in characters."""

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_DOTTED = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER})*"
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.+@~-]*"
# Credentials in addresses, with or without a scheme, and the query strings that may hold more of them.
_SECRET = re.compile(r"(?<=//)\S*@|[^\s/:@]+:(?!//)\S*@|(?<=[?&])[^\s'\"]*")
_SEARCHED = 2000
"""Characters of a text that are searched for credentials; a longer one is cut, as if they ended there."""


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """A spelling: `code` is the problem's code, `says` completes the sentence "… is not …"."""

    code: str
    says: str
    pattern: re.Pattern[str]
    longest: int = 128

    def fits(self, value: str) -> bool:
        """Tell whether the whole value is spelt so, and not longer than `longest` characters."""
        return len(value) <= self.longest and ".." not in value and self.pattern.fullmatch(value) is not None


def _grammar(code: str, says: str, pattern: str, *, longest: int = 128) -> Grammar:
    return Grammar(code=f"rule-5-{code}", says=says, pattern=re.compile(pattern), longest=longest)


NAME = _grammar(
    "name",
    "a normalized name (PEP 503: lower-case letters and digits, single hyphens between them)",
    r"[a-z0-9]+(?:-[a-z0-9]+)*",
)
VERSION = _grammar(
    "version",
    "a version in normal form (PEP 440)",
    rf"(?:[1-9][0-9]*!)?{_NUMBER}(?:\.{_NUMBER})*(?:(?:a|b|rc){_NUMBER})?(?:\.post{_NUMBER})?(?:\.dev{_NUMBER})?"
    rf"(?:\+(?:{_NUMBER}|[0-9]*[a-z][a-z0-9]*)(?:\.(?:{_NUMBER}|[0-9]*[a-z][a-z0-9]*))*)?",
)
SYSTEM = _grammar("system", f"one of {', '.join(sorted(SYSTEMS))}", "|".join(sorted(SYSTEMS)))
PYTHON = _grammar("python", "a Python version such as 3.12", rf"3\.{_NUMBER}(?:\.{_NUMBER})?")
PLATFORM = _grammar(
    "platform", "a platform such as manylinux_2_28 or macosx_13_0", rf"(?:manylinux|macosx)_{_NUMBER}_{_NUMBER}"
)
WHEEL = _grammar(
    "file-name",
    "a wheel's file name (letters, digits and `._+!-`, ending in `.whl`)",
    r"[A-Za-z0-9_][A-Za-z0-9._+!-]*\.whl",
    longest=255,
)
SDIST = _grammar(
    "file-name",
    "a source distribution's file name (letters, digits and `._+!-`, ending in `.tar.gz` or `.zip`)",
    r"[A-Za-z0-9_][A-Za-z0-9._+!-]*\.(?:tar\.gz|zip)",
    longest=255,
)
FILE = _grammar("file-name", "a file name (letters, digits and `._+!-`)", r"[A-Za-z0-9_][A-Za-z0-9._+!-]*", longest=255)
PATH = _grammar("path", "a relative path of plain folder names", rf"\.?{_SEGMENT}(?:/\.?{_SEGMENT})*", longest=255)
MODULE = _grammar("module", "a module's dotted name", _DOTTED, longest=255)
STARTUP_FILE = _grammar("file-name", "a relative path of plain file names", rf"{_SEGMENT}(?:/{_SEGMENT})*", longest=255)
SCRIPT = _grammar("file-name", "a plain file name", _SEGMENT, longest=255)
LIBRARY = _grammar("file-name", "a library's file name", _SEGMENT, longest=255)
GROUP = _grammar(
    "entry-point",
    "an entry-point group (words joined by dots)",
    r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*",
    longest=255,
)
ENTRY_NAME = _grammar(
    "entry-point",
    "an entry point's name (letters, digits and `._+:-`, words joined by a space)",
    r"[A-Za-z0-9_][A-Za-z0-9_.+:-]*(?: [A-Za-z0-9_][A-Za-z0-9_.+:-]*)*",
    longest=255,
)
ENTRY_VALUE = _grammar("entry-point", "`module` or `module:attribute`", rf"{_DOTTED}(?:\s*:\s*{_DOTTED})?", longest=500)
BACKEND = _grammar(
    "backend", "a build backend (PEP 517: `module` or `module:object`)", rf"{_DOTTED}(?::{_DOTTED})?", longest=255
)
BACKEND_PATH = _grammar(
    "backend", "`.` or a relative path of plain folder names", rf"\.|{PATH.pattern.pattern}", longest=255
)
GIT_REF = _grammar(
    "revision",
    "a tag, branch or commit (letters, digits and `._+@#=%-`, parts joined by `/`)",
    r"[A-Za-z0-9_#][A-Za-z0-9_.+@#=%-]*(?:/[A-Za-z0-9_#][A-Za-z0-9_.+@#=%-]*)*",
    longest=255,
)
PLUGIN_ID = _grammar("plugin-id", "a plugin's id (letters, digits and `._+@~-`)", _SEGMENT)
EXECUTABLE = _grammar("path", "a relative path inside the plugin", PATH.pattern.pattern, longest=255)
VARIABLE = _grammar("variable", "an environment variable's name", r"[A-Za-z_][A-Za-z0-9_]*")
IDENTITY_KEY = _grammar(
    "publisher", "a key of a publisher (letters, digits, `_` and `-`)", r"[A-Za-z][A-Za-z0-9_-]*", longest=64
)
RISK = _grammar("risk", "a word such as `caution`", r"[a-z][a-z0-9_-]*")
INDEX_NAME = _grammar("index", "the name of an index", r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
SPAN_OR_DATE = _grammar(
    "date",
    "a span such as P7D, or a date",
    r"P[0-9A-Z.,]+|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?",
)
TIMESTAMP = _grammar(
    "date",
    "a time in UTC such as 2026-01-02T03:04:05Z",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z",
)
SOURCE_KIND = _grammar(
    "source",
    "a kind of host source (uv-lock, pylock, requirements, plugins-lock, environment, requirement, none)",
    "uv-lock|pylock|requirements|plugins-lock|environment|requirement|none",
)
FLAKE_INPUT = _grammar("source", "the name of a flake input", r"[A-Za-z0-9_][A-Za-z0-9_.'/-]*")
PRERELEASES = _grammar(
    "resolution", "disallow, explicit, if-necessary or allow", "disallow|explicit|if-necessary|allow"
)
SHA256 = Grammar(code="rule-1-hash", says="a sha256 of 64 lower-case hex digits", pattern=re.compile(r"[0-9a-f]{64}"))
NAR_HASH = Grammar(
    code="rule-1-hash",
    says="an SRI sha256 of 44 base64 digits, such as nix prints",
    # 32 bytes leave the last digit two bits that must be zero: one spelling for one hash.
    pattern=re.compile(r"sha256-[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="),
)
COMMIT = Grammar(
    code="rule-4-commit",
    says="a commit of 40 (or 64) lower-case hex digits",
    pattern=re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?"),
)


def without_credentials(text: str) -> str:
    """Return a text with stars for whatever may be a user name, a password or a token in an address."""
    if len(text) <= _SEARCHED:
        return _SECRET.sub("***", text)
    return _SECRET.sub("***", f"{text[:_SEARCHED]}@").removesuffix("@") + "…"


def quoted(value: str) -> str:
    """Show foreign text in a message: in quotes, escaped, cut to 80 characters, without credentials."""
    text = without_credentials(value)
    text = text if len(text) <= 80 else text[:79] + "…"
    return ascii(text)  # a look-alike letter must show as well


def shown(value: str) -> str:
    """Show a value that should be a name or version: plain if it is harmless, else as `quoted` does."""
    return value if len(value) <= 80 and re.fullmatch(r"[A-Za-z0-9._+!-]+", value) else quoted(value)
