"""A build backend (PEP 517) for tests: `project.json` says what is in the wheel.

It takes the folder as it is listed, and the clock where it is let: what Nix builds must be the same all the same.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import os
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path
from typing import Any


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """Make the wheel."""
    project = json.loads(Path("project.json").read_text(encoding="utf-8"))
    for name in project.get("imports", ()):
        importlib.import_module(name)
    for program in project.get("runs", ()):
        subprocess.run([program], check=True)
    name = project["name"].replace("-", "_")
    version = project.get("version") or os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"]
    tag = "py3-none-any"
    members = {path.name: path.read_bytes() for path in Path().iterdir() if path.suffix == ".py"}
    members.pop("setup.py", None)
    if "extension" in project:
        module = compile_extension(project["extension"])
        members[module.name] = module.read_bytes()
        minor = f"cp3{sys.version_info.minor}"
        tag = f"{minor}-{minor}-{sysconfig.get_platform().replace('-', '_')}"
    info = f"{name}-{version}.dist-info"
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    members[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    rows = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data in members.items())
    members[f"{info}/RECORD"] = f"{rows}{info}/RECORD,,\n".encode()
    file = f"{name}-{version}-{tag}.whl"
    clock = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    with zipfile.ZipFile(Path(wheel_directory, file), "w") as wheel:
        for path, data in members.items():
            wheel.writestr(zipfile.ZipInfo(path, clock[:6]), data)
    return file


def compile_extension(name: str) -> Path:
    """Compile a module of one C file with the machine's compiler."""
    module = Path(f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}")
    include = sysconfig.get_path("include")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-I", include, f"{name}.c", "-o", str(module)], check=True)
    return module


def digest(data: bytes) -> str:
    """Return a hash as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
