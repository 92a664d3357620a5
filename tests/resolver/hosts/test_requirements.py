"""requirements.txt: pinned lines are provided, everything else is said."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pip._internal.req.req_file import preprocess

from lock.errors import InputError
from resolver.hosts.requirements_lines import RequirementLine, requirement_lines
from tests.resolver.hosts.settings import DATA, LINUX, load_file, load_text, versions

FOLDER = DATA / "requirements"


def test_what_pip_compile_writes_is_read():
    provided = load_file(FOLDER, "compiled.txt", LINUX, "aarch64-darwin")
    assert versions(provided) == {
        "colour": "0.1.5",
        "httpx": "0.28.1",
        "local-build": "1.0+cpu.2",
        "ruamel-yaml": "0.18.17",
        "uvloop": "0.22.1",
    }
    assert "uvloop" not in versions(provided, "aarch64-darwin")
    assert provided.on(LINUX, "httpx").origin == "compiled.txt:4"
    assert provided.source.kind == "requirements"


def test_the_host_is_shipped_at_an_unknown_version_where_no_line_names_it():
    provided = load_file(FOLDER, "compiled.txt")
    assert provided.version is None
    assert provided.unversioned[LINUX] == {"host-app": "[host]"}


def test_the_hosts_own_line_tells_its_version(tmp_path):
    provided = load_text(tmp_path, "requirements.txt", "Host_App==2.0\n")
    assert provided.version == "2.0"
    assert versions(provided) == {"host-app": "2.0"}


def test_included_files_are_found_beside_the_file_that_names_them():
    provided = load_file(FOLDER, "nested/all.txt")
    assert versions(provided) == {"direct": "1", "below": "2", "above": "3"}
    assert provided.on(LINUX, "below").origin == "nested/more/below.txt:1"


def test_a_constraint_file_ships_nothing(tmp_path):
    (tmp_path / "limits.txt").write_text("other==1\n")
    provided = load_text(tmp_path, "requirements.txt", "-c limits.txt\nnet==1\n")
    assert versions(provided) == {"net": "1"}


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("net @ https://files.example/net-3.1-py3-none-any.whl", "3.1"),
        ("https://files.example/net-3.1-py3-none-any.whl", "3.1"),
        ("./wheels/net-3.1%2Bcpu-py3-none-any.whl --hash=sha256:00", "3.1+cpu"),
        ("net @ git+https://git.example/net@main", None),
        ("git+https://git.example/net@main#egg=net", None),
        ("-e git+https://git.example/net#subdirectory=a&egg=net", None),
        ("--editable=./checkout#egg=Net", None),
    ],
)
def test_an_address_ships_its_distribution_at_the_version_a_wheel_tells(tmp_path, line, version):
    provided = load_text(tmp_path, "requirements.txt", f"{line}\n")
    assert provided.ships(LINUX, "net")
    if version is None:
        assert provided.unversioned[LINUX]["net"] == "requirements.txt:1"
        assert provided.warnings == (
            (
                "requirements.txt:1: net is shipped at an unknown version; "
                'for plugins that ask for a version, add it to [host]: versions = { net = "…" }'
            ),
        )
    else:
        assert provided.on(LINUX, "net").version == version
        assert provided.warnings == ()


@pytest.mark.parametrize("line", ["-e .", "./checkout", "git+https://user:hunter2@git.example/net"])
def test_a_line_that_names_no_distribution_is_passed_over_with_a_warning(tmp_path, line):
    provided = load_text(tmp_path, "requirements.txt", f"{line}\nnet==1\n")
    assert versions(provided) == {"net": "1"}
    assert provided.warnings == (
        "requirements.txt:1: passed over, for the line does not tell which distribution it installs",
    )


@pytest.mark.parametrize("pin", ["", ">=1", "==1.*", "==1,==2", "==1,!=1", "~=1.0", "===foo"])
def test_a_line_that_is_not_pinned_is_refused_with_what_to_do(tmp_path, pin):
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "requirements.txt", f"other==1\nNet{pin}\n")
    assert str(caught.value) == (
        "requirements.txt:2: Net is not pinned to one version\n"
        "  help: pin it (`net==…`): write the file with `uv pip compile` or `pip freeze`"
    )


def test_a_line_for_other_machines_need_not_be_pinned(tmp_path):
    lines = "numpy<2; python_version < '3.11'\nnumpy==2.3 ; python_version >= '3.11'\n"
    lines += "pyobjc-core ; sys_platform=='darwin'\n"
    assert versions(load_text(tmp_path, "requirements.txt", lines)) == {"numpy": "2.3"}
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "requirements.txt", lines, LINUX, "aarch64-darwin")
    assert [problem.line for problem in caught.value.problems] == [3]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_names_that_rye_gives_are_known(tmp_path, name):
    assert versions(load_text(tmp_path, name, "# generated\nnet==3.1\n    # via host-app\n")) == {"net": "3.1"}


def test_every_bad_line_is_named_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "requirements.txt", "a\nb==1\n-r gone.txt\nc ==\n-r https://index.example/r.txt\n")
    found = [(problem.line, problem.code) for problem in caught.value.problems]
    assert found == [
        (1, "host-unpinned"),
        (3, "host-include"),
        (4, "host-requirement"),
        (5, "host-include"),
    ]
    assert all(problem.remedy for problem in caught.value.problems)


def test_a_file_that_includes_itself_is_refused(tmp_path):
    (tmp_path / "b.txt").write_text("-r a.txt\n")
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "a.txt", "x==1\n-r b.txt\n")
    assert str(caught.value.problems[0]).startswith("b.txt:1: a.txt includes itself")


def test_two_pins_of_a_name_are_refused_where_both_apply(tmp_path):
    text = "net==1 ; sys_platform == 'linux'\nnet==2 ; sys_platform == 'darwin'\n"
    provided = load_text(tmp_path, "requirements.txt", text, LINUX, "x86_64-darwin")
    assert (provided.on(LINUX, "net").version, provided.on("x86_64-darwin", "net").version) == ("1", "2")
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "requirements.txt", text + "net==3\n", LINUX, "x86_64-darwin")
    assert [problem.code for problem in caught.value.problems] == ["host-two-versions"] * 2


def test_pins_that_are_written_differently_and_mean_the_same_agree(tmp_path):
    assert versions(load_text(tmp_path, "requirements.txt", "net==1.0\nNET===1.0.0\n")) == {"net": "1.0"}


def test_no_secret_of_a_line_reaches_a_message(tmp_path):
    text = (
        "net @ https://user:hunter2@files.example/x.tar.gz\n-r https://user:hunter2@index.example/r.txt\nbad hunter2\n"
    )
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "requirements.txt", text)
    assert "hunter2" not in str(caught.value)


def test_chosen_extras_have_no_meaning_here_and_a_warning_says_so(tmp_path):
    provided = load_text(tmp_path, "requirements.txt", "net==1\n", extras=["web"])
    assert provided.warnings == (
        "requirements.txt: a requirements.txt knows no extras or groups of the host: all its lines are taken",
    )


def test_bytes_that_are_not_utf_8_are_refused_at_their_line(tmp_path):
    (tmp_path / "requirements.txt").write_bytes(b"net==1\nbad==\xff\n")
    with pytest.raises(InputError) as caught:
        load_file(tmp_path, "requirements.txt")
    assert (caught.value.problems[0].code, caught.value.problems[0].line) == ("host-encoding", 2)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a==1 # why\n", [RequirementLine(1, "requirement", "a==1")]),
        ("a==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11\nb==2", [(1, "a==1"), (4, "b==2")]),
        ("a==1 \\\n# comment\nb==2\n", [(1, "a==1"), (3, "b==2")]),
        ("# only \\\nb==2\n", [(2, "b==2")]),
        ("\ufeffa==1".lstrip("\ufeff") + "\r\n\r\nb==2\r\n", [(1, "a==1"), (3, "b==2")]),
        ("a @ https://x.example/a.zip#sha256=00\n", [(1, "a @ https://x.example/a.zip#sha256=00")]),
        ("a==1 ; os_name == 'nt' --hash=sha256:00", [(1, "a==1 ; os_name == 'nt'")]),
    ],
)
def test_lines_are_joined_and_cut_as_pip_does(text, lines):
    found = list(requirement_lines(text))
    expected = [
        line if isinstance(line, RequirementLine) else RequirementLine(line[0], "requirement", line[1])
        for line in lines
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("-r other.txt", "include", "other.txt"),
        ("-rother.txt", "include", "other.txt"),
        ("--requirement=other.txt", "include", "other.txt"),
        ("--requirement other.txt # why", "include", "other.txt"),
        ("-c limits.txt", "constraint", "limits.txt"),
        ("-e ./here --config-settings a=b", "editable", "./here"),
        ("--index-url https://user:hunter2@index.example/simple", "option", "--index-url"),
        ("--no-binary :all:", "option", "--no-binary"),
    ],
)
def test_flags_are_told_apart(text, kind, value):
    assert list(requirement_lines(text)) == [RequirementLine(1, kind, value)]


pieces = st.sampled_from(
    ["a==1", "b==2", " ", "\n", "\\\n", "# note", "#", ";", " ; os_name == 'nt'", " --hash=sha256:00", "\\", "x y"]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_logical_lines_are_those_of_pip(text):
    # Options at the start of a line are tested apart.
    assume(not any(line.lstrip().startswith("-") for _, line in preprocess(text)))
    ours = [(line.line, line.value) for line in requirement_lines(text)]
    theirs = [(number, line.partition(" --")[0].strip()) for number, line in preprocess(text)]
    assert ours == theirs


@given(st.text(max_size=60))
def test_any_text_gives_lines_in_order(text):
    numbers = [line.line for line in requirement_lines(text)]
    assert numbers == sorted(set(numbers))


fragments = st.sampled_from(
    [
        "net",
        "==",
        "1",
        "@",
        " ",
        "https://",
        "[",
        "]",
        "://",
        "#egg=",
        ";",
        "-r",
        "-e",
        "..",
        "/",
        "\0",
        "\ud7ff",
        ".whl",
    ]
)


@given(st.lists(fragments, max_size=10).map("".join))
def test_any_line_is_read_or_refused_at_its_line(tmp_path_factory, line):
    folder = tmp_path_factory.getbasetemp()
    try:
        provided = load_text(folder, "requirements.txt", f"{line}\n")
        places = {origin for origin in provided.unversioned[LINUX].values() if origin != "[host]"}
    except InputError as error:
        places = {f"{problem.path}:{problem.line}" for problem in error.problems if problem.remedy}
    assert places <= {"requirements.txt:1"}


def test_a_marker_of_any_depth_is_refused(tmp_path):
    with pytest.raises(InputError, match="nested too deeply"):
        load_text(tmp_path, "requirements.txt", f"net==1 ; {'(' * 5000}os_name == 'nt'{')' * 5000}\n")
