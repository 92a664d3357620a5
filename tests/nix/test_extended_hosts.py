"""A host's own environment with the plugins behind it: the host's packages are always found first."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.hosts import HOST_FILES, environment, pkgs
from tests.nix.machine import Nix, standalone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

RIVAL = {
    "weather_plugin.py": "import shared\ndef register():\n    return 'weather with the shared of ' + shared.WHOSE\n",
    "shared.py": "WHOSE = 'plugin'\n",
}


def extended(lock: LockMaker, host: str, **more: str) -> str:
    """Return the expression of a host with the plugins of the lock; `more` are Nix expressions for `extendHost`."""
    given = "".join(f"{name} = {value}; " for name, value in more.items())
    return f"(let host = {host}; in ({standalone(lock.write())}).extendHost {{ package = host; {given}}})"


def run(program: Path, **environ: str) -> Any:
    """Run a program of a host with nothing in its environment but what is given, and return what it found."""
    done = subprocess.run([program], check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("script", ["venv", "long", "wrapper"])
def test_the_hosts_module_wins_over_one_of_a_plugin_and_the_plugin_is_found(
    nix: Nix, lock: LockMaker, script: str
) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    expression = extended(lock, environment(script=script))
    (host,) = nix.build(expression)
    again = nix.try_build(expression, "--check")
    assert again.code == 0, again.err
    found = run(host / "bin/host-app")
    for process in (found, found["child"]):
        assert process["shared"] == "host"
        assert process["version"] == "1.0"
        assert process["plugins"] == ["weather-plugin"]
        assert process["loaded"] == ["weather with the shared of host"]
    assert found["program"] == "host-app"
    assert (host / "share/host/data.txt").read_text() == "data\n"
    # A shell that activates the environment gets this one.
    activate = (host / "bin/activate").resolve()
    assert str(activate.parents[1]) in activate.read_text()


def test_an_environment_that_is_no_virtual_environment_becomes_one(nix: Nix, lock: LockMaker) -> None:
    # As `python.withPackages` makes them: its programs are started by binaries that know the environment.
    lock.plugin("weather-plugin", files=RIVAL)
    change = "rm $out/pyvenv.cfg $out/bin/python* $out/bin/[aA]ctivate*"
    host = environment(script="wrapper").removesuffix("''; })") + f"{change}\n''; }})"
    (built,) = nix.build(extended(lock, host))
    found = run(built / "bin/host-app")
    assert (found["shared"], found["plugins"]) == ("host", ["weather-plugin"])
    assert found["child"]["plugins"] == ["weather-plugin"]


def test_a_search_path_of_the_user_does_not_come_between(nix: Nix, lock: LockMaker) -> None:
    # The control: with PYTHONPATH, the way not taken, the plugin's module would win.
    lock.plugin("weather-plugin", files=RIVAL)
    (host, plugins) = nix.build(f"let host = {environment()}; in [ host ({standalone(lock.write())}).environment ]")
    found = run(host / "bin/host-app", PYTHONPATH=str(plugins / f"lib/python{lock.python}/site-packages"))
    assert found["shared"] == "plugin"


def test_the_hosts_distribution_wins_over_one_of_the_same_name(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", needs=["shared"])
    lock.package("shared", "9.0", files={"shared.py": "WHOSE = 'plugin'\n"})
    (host,) = nix.build(extended(lock, environment(), checks="[ ]"))
    found = run(host / "bin/host-app")
    assert (found["shared"], found["version"]) == ("host", "1.0")
    refused = nix.try_build(extended(lock, environment()))
    assert refused.code != 0
    assert "shared 9.0 of the plugins would shadow the host's shared 1.0" in refused.err


def test_a_host_of_other_versions_than_the_locks_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.provided = {"shared": dict.fromkeys(lock.systems, "2.0")}
    lock.plugin("weather-plugin", provided=["shared"])
    refused = nix.try_build(extended(lock, environment()))
    assert refused.code != 0
    assert "the lock relies on the host's shared 2.0; the host has 1.0" in refused.err


PTH = "import os; os.environ['STARTED'] = os.environ.get('STARTED', '') + '{}'\n"


def test_a_check_that_does_not_exist_is_named_beside_those_that_do(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    expression = extended(lock, environment(), checks='[ "shadow" ]')
    message = nix.refusal(f"{expression}.drvPath")
    assert "`checks` of extendHost names shadow; there are entryPoints, provided, shadowing" in message


def test_start_up_code_runs_only_where_the_lock_lists_it(nix: Nix, lock: LockMaker) -> None:
    files = {**RIVAL, "listed.pth": PTH.format("listed"), "unlisted.pth": PTH.format("unlisted")}
    lock.plugin("weather-plugin", files=files, startup_files=["listed.pth"])
    (host,) = nix.build(extended(lock, environment()))
    # An interpreter in a virtual environment may read the files of its site-packages twice.
    assert run(host / "bin/host-app")["started"] in ("listed", "listedlisted")


def test_customization_of_the_interpreter_that_the_lock_does_not_list_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files={**RIVAL, "sitecustomize.py": "raise SystemExit('hello')\n"})
    refused = nix.try_build(extended(lock, environment()))
    assert refused.code != 0
    assert "a plugin brings sitecustomize.py, which would run at each start and is not in the lock" in refused.err


def test_the_hosts_own_path_files_come_before_the_plugins(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    files = {path: text for path, text in HOST_FILES.items() if path != "shared.py"}
    files |= {"more/shared.py": "WHOSE = 'host'\n", "zz-more.pth": "more\n"}
    (host,) = nix.build(extended(lock, environment(files)))
    assert run(host / "bin/host-app")["shared"] == "host"


def wrapped(text: str) -> str:
    """Return the expression of a package whose program starts that of `host` through a wrapper, and of a unit."""
    return (
        f'({pkgs()}.stdenv.mkDerivation {{ name = "host-app-1.0"; pname = "host-app"; inherit host; '
        "buildCommand = ''mkdir -p $out/bin $out/share/doc $out/lib/systemd/system; echo words > $out/share/doc/words; "
        f"printf '{text}' > $out/bin/host-app; "
        'sed -i "s|@host@|$host|g; s|@out@|$out|g" $out/bin/host-app; chmod +x $out/bin/host-app; '
        "echo \"ExecStart=$out/bin/host-app\" > $out/lib/systemd/system/host-app.service''; })"
    )


SHELL = '#!/bin/sh\\nexport HOST_VARIABLE="of the host"\\nexec @host@/bin/host-app "$@"\\n'


ELF = "\\177ELF"


def test_a_wrapper_and_a_unit_of_the_host_lead_to_the_extended_environment(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    given = f"package = {wrapped(SHELL)}; environment = host; "
    (host,) = nix.build(extended(lock, environment()).replace("package = host; ", given))
    found = run(host / "bin/host-app")
    assert found["plugins"] == ["weather-plugin"]
    assert found["variable"] == "of the host"
    assert (host / "lib/systemd/system/host-app.service").read_text() == f"ExecStart={host}/bin/host-app\n"
    assert (host / "share").is_symlink()
    assert (host / "share/doc/words").read_text() == "words\n"


def test_a_package_that_does_not_use_the_environment_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    given = f"package = {wrapped('#!/bin/sh')}; environment = host; "
    refused = nix.try_build(extended(lock, environment()).replace("package = host; ", given))
    assert refused.code != 0
    assert "no program of " in refused.err
    assert "pass as `environment` the Python environment" in refused.err


def binary_wrapper(magic: str) -> str:
    """Return the expression of a package whose program is no text and names the environment of `host`."""
    return (
        f'({pkgs()}.stdenv.mkDerivation {{ name = "host-app-1.0"; inherit host; '
        f"buildCommand = ''mkdir -p $out/bin; printf '{magic}\\000%s/bin/host-app\\000' $host > $out/bin/host-app; "
        "chmod +x $out/bin/host-app''; })"
    )


def test_a_wrapper_that_is_a_binary_names_the_extended_environment_at_the_same_length(
    nix: Nix, lock: LockMaker
) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    given = f"package = {binary_wrapper(ELF)}; environment = host; "
    expression = extended(lock, environment()).replace("package = host; ", given)
    (host, inner) = nix.build(f"let built = {expression}; in [ built built.extended ]")
    content = (host / "bin/host-app").read_bytes()
    assert content == b"\x7fELF\0" + str(inner).encode() + b"/bin/host-app\0"


def test_a_binary_that_nobody_knows_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    given = f"package = {binary_wrapper('MZ')}; environment = host; "
    refused = nix.try_build(extended(lock, environment()).replace("package = host; ", given))
    assert refused.code != 0
    assert "is not text, and names " in refused.err
    assert "wrap the host with makeWrapper" in refused.err


def test_a_namespace_that_host_and_plugin_share_has_the_modules_of_both(nix: Nix, lock: LockMaker) -> None:
    lock.plugin(
        "weather-plugin", files={**RIVAL, "shared_space/of_plugin.py": "", "shared_space/of_both.py": "X = 2\n"}
    )
    files = {**HOST_FILES, "shared_space/of_host.py": "", "shared_space/of_both.py": "X = 1\n"}
    (host,) = nix.build(extended(lock, environment(files)))
    program = "import shared_space.of_host, shared_space.of_plugin, shared_space.of_both as both; print(both.X)"
    done = subprocess.run([host / "bin/python", "-c", program], check=True, capture_output=True, text=True, env={})
    assert done.stdout == "1\n"


def test_variables_and_programs_are_added_behind_what_is_set(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    tool = f"({pkgs()}.stdenv.mkDerivation {{ name = \"tool\"; buildCommand = ''mkdir -p $out/bin''; }})"
    expression = extended(lock, environment(), variables='{ HOST_VARIABLE = "it\'s $HOME"; }', path=f"[ {tool} ]")
    (host,) = nix.build(expression)
    found = run(host / "bin/host-app", PATH="/usr/bin")
    assert found["variable"] == "it's $HOME"
    assert found["path"].startswith("/usr/bin:")
    assert found["path"].endswith("-tool/bin")
    assert found["program"] == "host-app"
    assert run(host / "bin/host-app", HOST_VARIABLE="mine")["variable"] == "mine"


def test_a_package_keeps_its_own_override_and_its_name(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    other = f'({environment()} // {{ passthru.flavour = "other"; }})'
    host = f"({environment()} // {{ override = _: {other}; }})"
    expression = extended(lock, host)
    found = nix.evaluate(
        f"let host = {expression}; in {{ inherit (host) name; flavour = (host.override {{ }}).passthru.flavour; "
        "unextended = host.unextended.name; plugins = host.extended.plugins.name; }"
    )
    assert found == {
        "name": "host-env",
        "flavour": "other",
        "unextended": "host-env",
        "plugins": "example-host-plugins",
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("rm -r $out/lib", "has no lib/python"),
        ("sed -i s/false/true/ $out/pyvenv.cfg", "sees packages outside of itself"),
        ("rm $out/bin/python3; ln -s /bin/sh $out/bin/python3", "the host runs on /"),
        (
            "touch $(dirname $out/lib/python*/site-packages)/site-packages/~z.pth",
            "the host's ~z.pth would be read after ~plugin-lock.pth",
        ),
    ],
    ids=["no-site-packages", "system-packages", "another-interpreter", "later-path-file"],
)
def test_an_environment_that_cannot_be_extended_is_refused(nix: Nix, lock: LockMaker, change: str, words: str) -> None:
    lock.plugin("weather-plugin", files=RIVAL)
    host = environment().removesuffix("''; })") + f"{change}\n''; }})"
    refused = nix.try_build(extended(lock, host, checks="[ ]"))
    assert refused.code != 0
    assert words in refused.err
    assert "help:" in refused.err
