"""The store path of what Nix fetched by its hash, computed as Nix computes it.

Source: Nix manual, "Complete Store Path Calculation".  The path of a flat file depends on the hash of
`fixed:out:sha256:<hex>:` and on the name, that of a tree with a sha256 NAR hash on that hash itself and the name.
"""

from __future__ import annotations

import base64
import hashlib

STORE = "/nix/store"

_ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz"
_DIGEST_BYTES = 20
_LONGEST_NAME = 207
_SUFFIXES = (".whl", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".zip")


def flat_file_path(name: str, sha256: str, store: str = STORE) -> str:
    """Return the path of a fixed-output derivation's file; `sha256` are 64 lower-case hex digits."""
    inner = hashlib.sha256(f"fixed:out:sha256:{sha256}:".encode()).hexdigest()
    return _path("output:out", inner, name, store)


def tree_path(name: str, nar_hash: str, store: str = STORE) -> str:
    """Return the path of a tree that was fetched or added by its NAR hash, an SRI hash by sha256."""
    return _path("source", base64.b64decode(nar_hash.removeprefix("sha256-")).hex(), name, store)


def _path(kind: str, inner: str, name: str, store: str) -> str:
    digest = hashlib.sha256(f"{kind}:sha256:{inner}:{store}:{name}".encode()).digest()
    return f"{store}/{base32(_folded(digest))}-{name}"


def store_name(filename: str) -> str:
    """Return a file's name as nix/store-name.nix spells it: where it has to change, with a digest of the true one."""
    legal = filename.replace("!", "-").replace("%", "-")
    if legal == filename and len(legal) <= _LONGEST_NAME:
        return filename
    digest = hashlib.sha256(filename.encode()).hexdigest()[:16]
    suffix = next((ending for ending in _SUFFIXES if legal.endswith(ending) and len(legal) > len(ending)), "")
    stem = legal[: len(legal) - len(suffix)]
    return f"{stem[: _LONGEST_NAME - 17 - len(suffix)]}-{digest}{suffix}"


def base32(data: bytes) -> str:
    """Return Nix's base 32 of some bytes: the last bits first, and no `e`, `o`, `t` and `u`."""
    length = (len(data) * 8 - 1) // 5 + 1
    number = int.from_bytes(data, "little")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def _folded(digest: bytes) -> bytes:
    """Shorten a hash as Nix does: what is too long is laid over its beginning with exclusive or."""
    folded = bytearray(_DIGEST_BYTES)
    for place, byte in enumerate(digest):
        folded[place % _DIGEST_BYTES] ^= byte
    return bytes(folded)
