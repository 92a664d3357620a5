"""An installed environment: its dist-info records are what the host ships."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from lock.errors import InputError
from resolver.hosts import environment_host, reader
from resolver.manifest.model import HostEnvironment
from tests.resolver.hosts.settings import LINUX, host, targets, versions


@pytest.fixture(autouse=True)
def _on_linux(monkeypatch):
    monkeypatch.setattr(environment_host, "machine_system", lambda: LINUX)


def record(site_packages, name, version, *lines, folder=None, file="METADATA"):
    place = site_packages / (folder or f"{name}-{version}.dist-info")
    place.mkdir(parents=True)
    head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
    (place / file).write_text("\n".join(head) + "\n\nName: a description, not a field\n", encoding="utf-8")


def load(folder, path=".", *systems, **choices):
    python = choices.get("python", "3.12")
    config = host(HostEnvironment(path=path), **choices)
    return reader.load(config, targets(*systems or (LINUX,), python=python), folder)


def site(folder, python="3.12", library="lib"):
    return folder / library / f"python{python}" / "site-packages"


def test_every_record_is_shipped_with_its_normalized_name(tmp_path):
    record(site(tmp_path), "Ruamel.YAML", "0.18.17")
    record(site(tmp_path), "host_app", "2.0")
    provided = load(tmp_path)
    assert versions(provided) == {"ruamel-yaml": "0.18.17", "host-app": "2.0"}
    assert provided.version == "2.0"
    assert provided.source.kind == "environment"
    assert provided.on(LINUX, "host-app").origin == ".: host_app-2.0.dist-info"
    assert provided.warnings == ()


def test_a_site_packages_folder_may_be_named_itself(tmp_path):
    record(site(tmp_path), "net", "1")
    assert versions(load(tmp_path, "lib/python3.12/site-packages")) == {"net": "1"}


def test_extras_are_known_from_the_records(tmp_path):
    record(
        site(tmp_path),
        "net",
        "1",
        "Provides-Extra: Socks",
        "Provides-Extra: empty",
        "Requires-Dist: tls",
        "Requires-Dist: sock[x]>=1 ; extra == 'Socks' and sys_platform == 'linux'",
        "Requires-Dist: broken >>> 1; extra == 'Socks'",
    )
    provided = load(tmp_path, ".", LINUX, "x86_64-darwin")
    assert provided.on(LINUX, "net").extras == {"empty": (), "socks": ("sock[x]>=1",)}
    assert provided.on("x86_64-darwin", "net").extras == {"empty": (), "socks": ()}
    assert ".: net-1.dist-info: a requirement was passed over, for it cannot be read" in provided.warnings


def test_an_environment_stands_for_other_systems_with_a_warning(tmp_path):
    record(site(tmp_path), "net", "1")
    provided = load(tmp_path, ".", LINUX, "aarch64-darwin")
    assert versions(provided, "aarch64-darwin") == {"net": "1"}
    assert provided.warnings == (".: the environment was taken to be the same for aarch64-darwin",)


def test_egg_info_records_are_read(tmp_path):
    record(site(tmp_path), "old", "0.9", folder="old-0.9.egg-info", file="PKG-INFO")
    (site(tmp_path) / "old-0.9.egg-info" / "requires.txt").write_text("tls\n\n[web]\nnet>=1\n")
    flat = "Metadata-Version: 1.1\nName: flat\nVersion: 3\n"
    (site(tmp_path) / "flat-3.egg-info").write_text(flat)
    provided = load(tmp_path)
    assert versions(provided) == {"old": "0.9", "flat": "3"}
    assert provided.on(LINUX, "old").extras == {"web": ("net>=1",)}


def test_two_records_of_one_name_are_refused(tmp_path):
    record(site(tmp_path), "net", "1")
    record(site(tmp_path), "net", "2")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert caught.value.problems[0].message == (
        "net stands at two versions for x86_64-linux: 1 (.: net-1.dist-info) and 2 (.: net-2.dist-info)"
    )


def test_lib64_that_links_to_lib_is_read_once(tmp_path):
    record(site(tmp_path), "net", "1")
    (tmp_path / "lib64").symlink_to("lib")
    assert versions(load(tmp_path)) == {"net": "1"}


def test_records_that_are_links_are_read_as_nix_makes_them(tmp_path):
    record(site(tmp_path / "store"), "net", "1")
    site(tmp_path / "env").mkdir(parents=True)
    (site(tmp_path / "env") / "net-1.dist-info").symlink_to(site(tmp_path / "store") / "net-1.dist-info")
    assert versions(load(tmp_path, "env")) == {"net": "1"}


def test_what_a_nix_package_propagates_is_shipped_too(tmp_path):
    record(site(tmp_path / "app"), "host-app", "1")
    record(site(tmp_path / "dependency"), "net", "1")
    (tmp_path / "app" / "nix-support").mkdir()
    inputs = f"{tmp_path / 'dependency'} {tmp_path / 'app'}\n"
    (tmp_path / "app" / "nix-support" / "propagated-build-inputs").write_text(inputs)
    assert versions(load(tmp_path, "app")) == {"host-app": "1", "net": "1"}


def test_a_record_without_a_readable_name_or_version_is_said(tmp_path):
    record(site(tmp_path), "net", "latest")
    (site(tmp_path) / "empty-1.dist-info").mkdir()
    provided = load(tmp_path)
    assert provided.unversioned[LINUX]["net"] == ".: net-latest.dist-info"
    assert provided.warnings == (
        ".: empty-1.dist-info was passed over: it does not tell the name of its distribution",
        (
            ".: net-latest.dist-info: net is shipped at an unknown version; "
            'for plugins that ask for a version, add it to [host]: versions = { net = "…" }'
        ),
    )


def test_an_environment_of_another_python_is_refused(tmp_path):
    record(site(tmp_path, "3.11"), "net", "1")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert caught.value.problems[0].message == "the environment is for python3.11, and [host] says Python 3.12"


@pytest.mark.parametrize(
    ("path", "message"), [(".", "there are no installed distributions in it"), ("gone", "there is no such directory")]
)
def test_a_folder_that_is_no_environment_is_refused(tmp_path, path, message):
    with pytest.raises(InputError) as caught:
        load(tmp_path, path)
    assert (caught.value.problems[0].message, caught.value.problems[0].path) == (message, path)


def test_an_environment_that_sees_the_system_gives_a_warning(tmp_path):
    record(site(tmp_path), "net", "1")
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nInclude-System-Site-Packages = true\n")
    assert load(tmp_path).warnings == (".: packages of the interpreter outside this environment are not counted",)


def test_a_real_virtual_environment_ships_what_its_own_python_lists():
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    code = "import importlib.metadata as m; print(*(f'{d.name}={d.version}' for d in m.distributions()), sep='\\n')"
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    listed = {
        canonicalize_name(name): version for name, _, version in (line.partition("=") for line in done.stdout.split())
    }
    config = host(HostEnvironment(path=sys.prefix), python=python)
    provided = reader.load(config, targets(LINUX, python=python), Path("/"))
    # An editable checkout of the project under test may be on the path without a record in the environment.
    assert versions(provided).items() >= {name: listed[name] for name in listed if name != "plugin-lock"}.items()
    assert "socks" in provided.on(LINUX, "urllib3").extras


def test_the_modules_of_an_installed_distribution_are_those_of_its_record(tmp_path):
    record(site(tmp_path), "PyYAML", "6.0")
    record(site(tmp_path), "bare", "1.0")
    (site(tmp_path) / "shared").mkdir()
    code = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    (site(tmp_path) / "shared" / "__init__.py").write_text(code, encoding="utf-8")
    lines = ["./yaml/__init__.py,,", "./_yaml.abi3.so,,", "shared/__init__.py,,", "shared/part.py,,"]
    lines.append("../../../bin/x.py,,")
    (site(tmp_path) / "PyYAML-6.0.dist-info" / "RECORD").write_text("\n".join(lines), encoding="utf-8")
    provided = load(tmp_path)
    assert provided.on(LINUX, "pyyaml").modules == ("_yaml", "shared.part", "yaml")
    assert provided.on(LINUX, "bare").modules is None
