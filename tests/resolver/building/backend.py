"""A build backend in the source's own tree, so that tests build for real and need no network.

What it does stands in `build.json` beside it: see `sources.py`.
"""

import base64
import hashlib
import json
import pathlib
import zipfile

SAID = json.loads(pathlib.Path("build.json").read_text())
STEM = f"{SAID['name'].replace('-', '_')}-{SAID['version']}"


def _at(step):
    # Python code that a test wants to be run at this step.
    exec(SAID["run"].get(step, ""), {"SAID": SAID})


def _metadata():
    lines = ["Metadata-Version: 2.1", f"Name: {SAID['name']}", f"Version: {SAID['version']}"]
    return "\n".join([*lines, *(f"Requires-Dist: {text}" for text in SAID["needs"])]) + "\n"


def get_requires_for_build_wheel(config_settings=None):
    _at("get_requires_for_build_wheel")
    return SAID["more"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _at("build_wheel")
    members = {
        f"{SAID['name'].replace('-', '_')}.py": "",
        **SAID["files"],
        f"{STEM}.dist-info/METADATA": _metadata(),
        f"{STEM}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    members[f"{STEM}.dist-info/RECORD"] = record + f"{STEM}.dist-info/RECORD,,\n"
    name = f"{STEM}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
    return name


if SAID["prepares"]:

    def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
        _at("prepare_metadata_for_build_wheel")
        folder = pathlib.Path(metadata_directory, f"{STEM}.dist-info")
        folder.mkdir()
        (folder / "METADATA").write_text(_metadata())
        return folder.name
