"""[host].versions: what the host ships at a version that no file of it tells."""

from __future__ import annotations

import pytest

from lock.errors import InputError
from resolver.hosts import reader
from resolver.manifest.model import Place, StatedVersion
from tests.resolver.hosts.settings import LINUX, host, load_text, targets, versions
from tests.resolver.hosts.test_uv_lock import HEAD, REGISTRY

# As real hosts are locked whose version comes from a tag: the project and a member of its workspace have none.
DYNAMIC = f"""{HEAD}
[[package]]
name = "host-app"
source = {{ editable = "." }}
dependencies = [{{ name = "host-core" }}, {{ name = "net" }}]

[[package]]
name = "host-core"
source = {{ editable = "core" }}

[package.optional-dependencies]
web = [{{ name = "net" }}]

[package.metadata]
requires-dist = [{{ name = "net", marker = "extra == 'web'" }}]
provides-extras = ["web"]

[[package]]
name = "net"
version = "3.1"
{REGISTRY}
"""


def stated(**found):
    return {
        name.replace("_", "-"): StatedVersion(
            version=version, place=Place(path="plugins.toml", line=9, key=f"host.versions.{name}")
        )
        for name, version in found.items()
    }


def test_a_stated_version_is_that_of_what_the_file_leaves_open(tmp_path):
    provided = load_text(tmp_path, "uv.lock", DYNAMIC, versions=stated(host_app="2.0", host_core="2.0rc1"))
    assert versions(provided) == {"host-app": "2.0", "host-core": "2.0rc1", "net": "3.1"}
    assert provided.version == "2.0"
    assert not provided.unversioned[LINUX]
    assert provided.warnings == ()
    assert provided.on(LINUX, "host-core").origin == "plugins.toml:9"
    assert provided.on(LINUX, "host-core").extras == {"web": ("net",)}


def test_what_is_left_open_and_not_stated_is_named_in_one_warning(tmp_path):
    provided = load_text(tmp_path, "uv.lock", DYNAMIC)
    assert provided.version is None
    assert provided.warnings == (
        (
            "2 distributions are shipped at unknown versions: host-app (uv.lock:5), host-core (uv.lock:10); "
            'for plugins that ask for a version, add it to [host]: versions = { host-app = "…" }'
        ),
    )


def test_the_host_that_no_line_names_has_its_stated_version(tmp_path):
    provided = load_text(tmp_path, "requirements.txt", "net==3.1\n", versions=stated(host_app="2.0"))
    assert versions(provided) == {"host-app": "2.0", "net": "3.1"}
    assert provided.version == "2.0"


def test_a_host_without_any_file_has_its_stated_version(tmp_path):
    provided = reader.load(host(versions=stated(host_app="2.0")), targets(LINUX), tmp_path)
    assert versions(provided) == {"host-app": "2.0"}


def test_a_stated_version_that_the_file_tells_too_is_no_contradiction(tmp_path):
    given = stated(host_app="2.0", host_core="2.0", net="3.1.0")
    assert versions(load_text(tmp_path, "uv.lock", DYNAMIC, versions=given))["net"] == "3.1"


@pytest.mark.parametrize(
    ("given", "message", "remedy"),
    [
        ({"net": "3.2"}, "uv.lock tells net 3.1, and [host] says 3.2", "leave it out"),
        ({"host_cor": "1"}, "the host ships no host-cor", "did you mean 'host-core'?"),
        ({"other": "1"}, "the host ships no other", "leave it out"),
    ],
)
def test_a_stated_version_of_what_is_not_open_is_refused(tmp_path, given, message, remedy):
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "uv.lock", DYNAMIC, versions=stated(**given))
    problem = caught.value.problems[0]
    assert (problem.code, problem.message) == ("host-stated-version", message)
    assert (problem.path, problem.line) == ("plugins.toml", 9)
    assert problem.remedy.startswith(remedy)
