"""Install plugin-lock's own checkout at `$out` beside an environment with what it needs; runs inside a Nix build.

The packages stand where a wheel would put them, with the metadata that `plugin-lock --version` reads, and the Nix
library inside of `plugin_lock`.
"""

from __future__ import annotations

import compileall
import os
import shutil
import tomllib
from pathlib import Path
from py_compile import PycInvalidationMode

PACKAGES = ("lock", "plugin_lock", "resolver")

PROGRAM = """\
#!{interpreter} -IB
# Runs plugin-lock with the packages that it was locked with; nothing of the caller's environment is imported.
import os
import site
import sys

sys.path.insert(0, {own!r})
site.addsitedir({dependencies!r})
# The uv that was locked, and nobody else's.
os.environ["PATH"] = {programs!r} + os.pathsep + os.environ.get("PATH", os.defpath)
from plugin_lock.main import main

main()
"""


def main() -> None:
    """Build `$out`."""
    checkout, out = Path(os.environ["checkout"]), Path(os.environ["out"])
    dependencies = Path(os.environ["dependencies"])
    site_packages = out / os.environ["sitePackages"]
    site_packages.mkdir(parents=True)
    for name in PACKAGES:
        shutil.copytree(checkout / name, site_packages / name)
    # A folder copied out of the store cannot be written to.
    (site_packages / "plugin_lock").chmod(0o755)
    shutil.copytree(checkout / "nix", site_packages / "plugin_lock" / "nix")
    with (checkout / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    info = site_packages / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "INSTALLER").write_text("nix\n", encoding="utf-8")
    # Nothing in the store changes, so nothing needs to be compared with the source at each start.
    compileall.compile_dir(
        site_packages, quiet=1, stripdir=str(out), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    program = out / "bin" / "plugin-lock"
    program.parent.mkdir()
    text = PROGRAM.format(
        interpreter=os.environ["interpreter"],
        own=str(site_packages),
        dependencies=str(dependencies / os.environ["sitePackages"]),
        programs=str(dependencies / "bin"),
    )
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


if __name__ == "__main__":
    main()
