"""uv.lock: what each part of it means, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.errors import InputError
from resolver.hosts.files import HostText
from resolver.hosts.uv_lock import UvLock
from tests.resolver.hosts.settings import DATA, HERMES, LINUX, load_file, load_text, versions

REGISTRY = 'source = { registry = "https://index.example/simple" }'
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
ROOT = '[[package]]\nname = "host-app"\nversion = "1.0"\nsource = { editable = "." }\n'


def package(name, version, *lines):
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{REGISTRY}\n' + "".join(f"{line}\n" for line in lines)


def refused(folder, text, **choices):
    with pytest.raises(InputError) as caught:
        load_text(folder, "uv.lock", text, **choices)
    return caught.value.problems[0]


def test_the_host_is_part_of_what_it_ships():
    provided = load_file(HERMES, "uv.lock", name="hermes-agent", extras=["all"])
    host = provided.on(LINUX, "hermes-agent")
    assert (provided.name, provided.version, host.version) == ("hermes-agent", "0.17.0", "0.17.0")
    assert provided.source.kind == "uv-lock"
    assert provided.source.location == "uv.lock"


def test_an_origin_names_the_line_of_the_package():
    provided = load_file(HERMES, "uv.lock", name="hermes-agent")
    origin = provided.on(LINUX, "httpx").origin
    line = int(origin.removeprefix("uv.lock:"))
    lines = (HERMES / "uv.lock").read_text().splitlines()
    assert lines[line - 1 : line + 1] == ["[[package]]", 'name = "httpx"']


def test_only_the_chosen_extras_are_shipped():
    without = load_file(HERMES, "uv.lock", name="hermes-agent")
    with_extra = load_file(HERMES, "uv.lock", name="hermes-agent", extras=["firecrawl"])
    assert not without.ships(LINUX, "firecrawl-py")
    assert with_extra.on(LINUX, "firecrawl-py").version == "4.17.0"


def test_an_extra_the_host_uses_is_known_by_the_names_it_adds():
    provided = load_file(HERMES, "uv.lock", name="hermes-agent")
    assert provided.on(LINUX, "httpx").extras == {"socks": ("socksio",)}


def test_an_extra_the_host_does_not_use_is_unknown():
    provided = load_file(HERMES, "uv.lock", name="hermes-agent")
    assert "http2" not in provided.on(LINUX, "httpx").extras


def test_all_extras_of_the_host_are_known_with_what_they_require():
    extras = load_file(HERMES, "uv.lock", name="hermes-agent").on(LINUX, "hermes-agent").extras
    assert extras["firecrawl"] == ("firecrawl-py==4.17.0",)
    assert "hermes-agent[cli]" in extras["all"]
    assert extras["cron"] == ()


def test_what_an_extra_adds_depends_on_the_system():
    provided = load_file(DATA / "uv" / "workspace", "uv.lock", LINUX, "x86_64-darwin")
    assert "core-part[plain]" in provided.on(LINUX, "host-app").extras["all"]
    assert "core-part[plain]" not in provided.on("x86_64-darwin", "host-app").extras["all"]


def test_a_requirement_of_an_extra_that_is_not_shipped_keeps_its_address(tmp_path):
    text = (DATA / "uv" / "sources" / "uv.lock").read_text().replace('    { name = "from-git" },\n', "", 1)
    extras = load_text(tmp_path, "uv.lock", text).on(LINUX, "host-app").extras
    assert extras["git"] == ("from-git @ git+https://git.example/gitdep",)
    assert extras["folder"] == ("from-folder",)


def test_forks_give_each_system_its_own_version():
    provided = load_file(DATA / "uv" / "forks", "uv.lock", LINUX, "aarch64-darwin")
    assert provided.on(LINUX, "tensor").version == "2.0"
    assert provided.on("aarch64-darwin", "tensor").version == "1.0"
    assert not provided.ships("aarch64-darwin", "driver")


def test_a_package_without_a_version_is_shipped_at_an_unknown_one():
    provided = load_file(DATA / "uv" / "workspace", "uv.lock")
    assert provided.on(LINUX, "core-part") is None
    assert provided.ships(LINUX, "core-part")
    assert provided.unversioned[LINUX] == {"core-part": "uv.lock:12"}
    assert provided.warnings == (
        (
            "uv.lock:12: core-part is shipped at an unknown version; "
            'for plugins that ask for a version, add it to [host]: versions = { core-part = "…" }'
        ),
    )


def test_a_virtual_project_gives_its_dependencies_and_is_not_shipped_itself():
    provided = load_file(DATA / "uv" / "workspace", "uv.lock", groups=["docs"])
    assert provided.on(LINUX, "fast").version == "0.3"
    assert not provided.ships(LINUX, "virtual-part")


def test_a_group_that_is_empty_may_be_chosen():
    provided = load_file(DATA / "uv" / "workspace", "uv.lock", groups=["bare"])
    assert not provided.ships(LINUX, "docsy")


def test_without_a_package_of_the_hosts_name_the_project_beside_the_lock_is_taken():
    provided = load_file(DATA / "uv" / "forks", "uv.lock", name="the-host")
    assert versions(provided)["helper"] == "1.0"
    assert provided.version == "1.0"
    assert provided.warnings == (
        "uv.lock has no package the-host; the project beside it, host-app, was taken as the host",
    )
    assert provided.ships(LINUX, "the-host")


def test_without_the_host_or_a_project_the_candidates_are_named(tmp_path):
    text = (DATA / "uv" / "workspace" / "uv.lock").read_text().replace('editable = "." ', 'editable = "app" ')
    problem = refused(tmp_path, text, name="the-host")
    assert problem.code == "host-not-in-lock"
    assert problem.message == (
        "the lock uv.lock has no package the-host; its projects are core-part, host-app, virtual-part"
    )
    assert (problem.path, problem.line, problem.key) == ("plugins.toml", 3, "host.name")


def test_the_lock_of_a_script_starts_from_its_requirements(tmp_path):
    manifest = '[manifest]\nrequirements = [{ name = "net", extras = ["socks"] }]\n'
    net = package("net", "3.1", "[package.optional-dependencies]", 'socks = [{ name = "sock" }]')
    provided = load_text(tmp_path, "script.py.lock", HEAD + manifest + net + package("sock", "1.2"))
    assert versions(provided) == {"net": "3.1", "sock": "1.2"}
    assert provided.version is None
    assert provided.unversioned[LINUX] == {"host-app": "[host]"}


def test_a_script_that_needs_nothing_ships_nothing(tmp_path):
    options = '[options]\nexclude-newer = "0001-01-01T00:00:00Z"\nexclude-newer-span = "P7D"\n'
    provided = load_text(tmp_path, "script.py.lock", HEAD + options)
    assert versions(provided) == {}
    assert provided.warnings == ("script.py.lock holds no packages: nothing but the host itself counts as shipped",)


def test_a_group_of_the_workspace_is_taken_where_the_member_has_none_of_that_name(tmp_path):
    manifest = '[manifest]\nmembers = ["host-app"]\n[manifest.dependency-groups]\n'
    manifest += 'dev = [{ name = "of-root" }]\nlint = [{ name = "of-root" }]\n'
    member = ROOT.replace('"."', '"packages/app"') + '[package.dev-dependencies]\ndev = [{ name = "of-member" }]\n'
    text = HEAD + manifest + member + package("of-member", "1") + package("of-root", "1")
    dev = load_text(tmp_path, "uv.lock", text, groups=["dev"])
    assert versions(dev) == {"host-app": "1.0", "of-member": "1"}
    lint = load_text(tmp_path, "uv.lock", text, groups=["lint"])
    assert versions(lint) == {"host-app": "1.0", "of-root": "1"}


def test_the_host_may_be_a_dependency_of_the_locked_project(tmp_path):
    root = ROOT.replace("host-app", "deployment") + 'dependencies = [{ name = "host-app" }, { name = "other" }]\n'
    host = package("host-app", "5.0", 'dependencies = [{ name = "net" }]')
    provided = load_text(tmp_path, "uv.lock", HEAD + root + host + package("net", "3.1") + package("other", "1"))
    assert versions(provided) == {"host-app": "5.0", "net": "3.1"}


@pytest.mark.parametrize(
    ("choices", "message", "remedy", "key"),
    [
        (
            {"extras": ["mesaging"]},
            "hermes-agent in uv.lock has no extra 'mesaging'",
            "did you mean 'messaging'?",
            "host.extras",
        ),
        (
            {"groups": ["zzzz"]},
            "hermes-agent in uv.lock has no dependency group 'zzzz'",
            "remove it: there is no dependency group to choose from",
            "host.dependency-groups",
        ),
    ],
)
def test_an_unknown_extra_or_group_is_refused_with_the_nearest_one(choices, message, remedy, key):
    with pytest.raises(InputError) as caught:
        load_file(HERMES, "uv.lock", name="hermes-agent", **choices)
    problem = caught.value.problems[0]
    assert (problem.message, problem.remedy, problem.key) == (message, remedy, key)
    assert (problem.path, problem.line) == ("plugins.toml", 3)


def test_every_unknown_choice_is_named_at_once():
    with pytest.raises(InputError) as caught:
        load_file(HERMES, "uv.lock", name="hermes-agent", extras=["alll", "slak"])
    assert [problem.remedy for problem in caught.value.problems] == ["did you mean 'all'?", "did you mean 'slack'?"]


def test_an_extra_of_an_old_lock_that_leaves_no_trace_gives_a_warning(tmp_path):
    provided = load_text(tmp_path, "uv.lock", HEAD.replace("revision = 3\n", "") + ROOT, extras=["empty"])
    assert provided.warnings == ("uv.lock lists no packages for the extra 'empty' of host-app",)


@pytest.mark.parametrize(
    ("case", "choices", "named"),
    [
        ("conflicting-extras", {"extras": ["cpu", "gpu"]}, "the extra 'cpu' of host-app and the extra 'gpu'"),
        ("conflicting-extras", {"groups": ["new", "old"]}, "the group 'new' of host-app and the group 'old'"),
        ("conflicting-members", {"extras": ["on-cpu", "on-gpu"]}, "the extra 'cpu' of part and the extra 'gpu'"),
    ],
)
def test_conflicting_choices_are_refused(case, choices, named):
    with pytest.raises(InputError) as caught:
        load_file(DATA / "uv" / case, "uv.lock", **choices)
    problem = caught.value.problems[0]
    assert problem.code == "host-conflict"
    assert problem.message.startswith(named)
    assert problem.path == "uv.lock"
    assert problem.line is not None
    assert problem.line > 3
    assert problem.remedy == "choose one of them in `extras` and `dependency-groups` of [host]"


def test_another_format_version_is_refused(tmp_path):
    problem = refused(tmp_path, '# by uv\nversion = 2\nsomething = "new"\n')
    assert str(problem) == (
        "uv.lock:2: uv.lock has format version 2; this program reads version 1\n"
        "  help: use a plugin-lock that reads it, or write the lock with an older uv"
    )


def test_unknown_fields_and_revisions_are_passed_over(tmp_path):
    text = HEAD.replace("revision = 3", "revision = 99") + "[options]\nnew = { deep = [1.5] }\n"
    text += ROOT + 'dependencies = [{ name = "net", hint = 1 }]\nnew-field = 1\n' + package("net", "3.1", "other = []")
    assert versions(load_text(tmp_path, "uv.lock", text)) == {"host-app": "1.0", "net": "3.1"}


def test_locks_that_say_distribution_are_read(tmp_path):
    text = (HEAD + ROOT + 'dependencies = [{ name = "net" }]\n' + package("net", "3.1")).replace(
        "[[package]]", "[[distribution]]"
    )
    assert versions(load_text(tmp_path, "uv.lock", text)) == {"host-app": "1.0", "net": "3.1"}


def test_a_python_the_lock_does_not_support_is_refused(tmp_path):
    problem = refused(tmp_path, HEAD + ROOT, python="3.10")
    assert str(problem).startswith("uv.lock:3: the host is locked for Python >=3.11, and [host] says 3.10")
    assert problem.remedy == "set `python` in [host] to a version that the host is locked for"


def test_a_minor_version_is_supported_where_one_of_its_patch_levels_is(tmp_path):
    text = HEAD.replace(">=3.11", ">=3.12.4") + ROOT
    assert versions(load_text(tmp_path, "uv.lock", text, python="3.12")) == {"host-app": "1.0"}
    assert refused(tmp_path, text, python="3.12.3").code == "host-python"


def test_a_target_outside_the_locked_environments_is_refused(tmp_path):
    text = HEAD + "supported-markers = [\"sys_platform == 'linux'\"]\n" + ROOT
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "uv.lock", text, "x86_64-linux", "x86_64-darwin")
    problem = caught.value.problems[0]
    assert problem.code == "host-target"
    assert problem.line == 4
    assert "x86_64-darwin" in problem.message
    assert problem.remedy.startswith("take x86_64-darwin out of `systems` in [targets], or")


def test_two_versions_on_one_target_are_refused_and_both_named(tmp_path):
    edges = ", ".join(f'{{ name = "net", version = "{version}", {REGISTRY} }}' for version in ("1.0", "2.0"))
    text = HEAD + ROOT + f"dependencies = [{edges}]\n" + package("net", "1.0") + package("net", "2.0")
    problem = refused(tmp_path, text)
    assert problem.code == "host-two-versions"
    assert problem.message == "net stands at two versions for x86_64-linux: 1.0 (uv.lock:9) and 2.0 (uv.lock:13)"


def test_a_source_tells_packages_of_one_version_apart(tmp_path):
    other = package("net", "1.0", 'dependencies = [{ name = "sock" }]').replace("index.example", "other.example")
    edge = '{ name = "net", version = "1.0", source = { registry = "https://other.example/simple" } }'
    text = HEAD + ROOT + f"dependencies = [{edge}]\n" + package("net", "1.0") + other + package("sock", "1.2")
    assert versions(load_text(tmp_path, "uv.lock", text)) == {"host-app": "1.0", "net": "1.0", "sock": "1.2"}


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ("", "host-empty", None, "the file is empty"),
        (HEAD + "<<<<<<< ours\n" + ROOT, "host-merge-marker", 4, "the file holds both sides of an unfinished merge"),
        (HEAD + "[[package]\n", "toml-syntax", 4, None),
        (
            HEAD + '[[package]]\nname = "net"\nversion = "1.0"\n',
            "host-content",
            4,
            "Object missing required field `source`",
        ),
        (HEAD + ROOT + "dependencies = 3\n", "host-content", 8, "Expected `array`, got `int`"),
        (HEAD + ROOT + "dependencies = [\n  { name = 3 },\n]\n", "host-content", 9, "Expected `str`, got `int`"),
        (
            HEAD + "a = " + "[" * 5000,
            "host-content",
            None,
            "the file holds a value that is nested too deeply or too long",
        ),
        (
            HEAD + "a = " + "9" * 5000,
            "host-content",
            None,
            "the file holds a value that is nested too deeply or too long",
        ),
        (
            HEAD + f"supported-markers = [\"{'(' * 5000}os_name == 'nt'{')' * 5000}\"]\n" + ROOT,
            "host-marker",
            4,
            None,
        ),
        ('version = "1"\n', "host-kind", None, None),
        (HEAD.replace(">=3.11", "three") + ROOT, "host-content", 3, "'three' is no version specifier"),
        (
            HEAD + ROOT + 'dependencies = [{ name = "gone" }]\n',
            "host-content",
            4,
            "host-app depends on gone, and no package of the lock fit that",
        ),
        (
            HEAD + ROOT + 'dependencies = [{ name = "net" }]\n' + package("net", "latest"),
            "host-content",
            11,
            "net has the version 'latest', which is none",
        ),
        (
            HEAD + ROOT + 'dependencies = [{ name = "net", marker = "os_name === \'a\'x" }]\n' + package("net", "1"),
            "host-marker",
            8,
            None,
        ),
    ],
)
def test_a_damaged_lock_is_refused_at_its_line(tmp_path, text, code, line, message):
    path = "uv.lock" if code != "host-kind" else "host.lock"
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, path, text)
    problem = caught.value.problems[0]
    assert (problem.code, problem.line, problem.path) == (code, line, path)
    assert problem.remedy
    if message is not None:
        assert problem.message == message


def test_a_mistake_among_the_files_of_a_package_is_not_overlooked(tmp_path):
    wheels = 'wheels = [\n    { url = "https://files.example/a.whl", hash = "sha256:00" },\n    { url = ??? },\n]\n'
    problem = refused(tmp_path, HEAD + ROOT + wheels)
    assert (problem.code, problem.line) == ("toml-syntax", 10)


def test_lines_are_counted_past_the_files_that_are_not_looked_at(tmp_path):
    wheels = 'wheels = [\n    { url = "https://files.example/a.whl", hash = "sha256:00", size = 1 },\n]\n'
    problem = refused(tmp_path, HEAD + ROOT + wheels + "dependencies = [\n")
    assert (problem.code, problem.line) == ("toml-syntax", 11)


names = st.from_regex(r"[a-e]", fullmatch=True)
graphs = st.dictionaries(names, st.lists(names, max_size=4, unique=True), max_size=5)


@given(graphs, st.lists(names, max_size=3, unique=True))
def test_the_walk_finds_exactly_what_is_reachable(tmp_path_factory, graph, roots):
    """A path from the host to a package, and nothing else, makes it provided; cycles end."""
    graph = {name: [edge for edge in edges if edge in graph] for name, edges in graph.items()}
    roots = [name for name in roots if name in graph]

    def edges(wanted):
        return "dependencies = [" + ", ".join(f'{{ name = "{name}" }}' for name in wanted) + "]"

    text = HEAD + ROOT + edges(roots) + "\n" + "".join(package(name, "1", edges(graph[name])) for name in graph)
    reachable, queue = set(roots), list(roots)
    while queue:
        for name in graph[queue.pop()]:
            if name not in reachable:
                reachable.add(name)
                queue.append(name)
    provided = load_text(tmp_path_factory.mktemp("walk"), "uv.lock", text)
    assert set(versions(provided)) == reachable | {"host-app"}


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_reason(text):
    file = HostText(path="uv.lock", text=HEAD + text, label="uv.lock")
    try:
        named = UvLock(file).file.label
    except InputError as error:
        named = error.problems[0].path
    assert named == "uv.lock"
