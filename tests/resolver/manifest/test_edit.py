"""Adding and removing entries of `[plugins]`, with all else as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lock.errors import InputError
from resolver.manifest.edit import add, remove
from resolver.manifest.reader import parse, read_text

RIGHT = Path(__file__).parents[2] / "data" / "manifests" / "right"
NAMES = sorted(path.stem for path in RIGHT.glob("*.toml"))
BASE = '[host]\nname = "host"\npython = "3.12"\n\n[targets]\nsystems = ["x86_64-linux"]\n\n'
INDEX = '\n[[index]]\nname = "corp"\nurl = "https://index.example/simple/"\n'


def plugins(entries: str) -> str:
    return f"{BASE}[plugins]\n{entries}"


def after_add(entries: str, *requirements: str) -> str:
    return add(plugins(entries), requirements).removeprefix(f"{BASE}[plugins]\n")


def after_remove(entries: str, *names: str) -> str:
    return remove(plugins(entries), names).removeprefix(f"{BASE}[plugins]\n")


def refused(*requirements: str, entries: str = "", index: str | None = None) -> str:
    with pytest.raises(InputError) as raised:
        add(plugins(entries), requirements, index=index)
    return str(raised.value)


@pytest.mark.parametrize(
    ("requirement", "line"),
    [
        ("rtk-hermes", 'rtk-hermes = "*"'),
        ("rtk-hermes>=1.2", 'rtk-hermes = ">=1.2"'),
        ("rtk-hermes ~= 1.2, != 1.3", 'rtk-hermes = "~=1.2,!=1.3"'),
        ("RTK.Hermes", 'rtk-hermes = "*"'),
        ("x[extra]", 'x = { version = "*", extras = ["extra"] }'),
        ("x[b_B,A]>=1", 'x = { version = ">=1", extras = ["a", "b-b"] }'),
        (
            "x[extra]>=1 ; sys_platform == 'linux'",
            """x = { version = ">=1", extras = ["extra"], marker = "sys_platform == 'linux'" }""",
        ),
        (
            """x ; platform_release == "it's" """,
            r"""x = { version = "*", marker = "platform_release == \"it's\"" }""",
        ),
    ],
)
def test_a_requirement_becomes_one_line(requirement: str, line: str) -> None:
    assert after_add("", requirement) == f"{line}\n"


def test_a_new_entry_stands_at_its_place_where_entries_are_sorted() -> None:
    entries = 'beta = "*"\n# of delta\n# too\ndelta = "*" # d\n\n# tail\n'
    assert after_add(entries, "alpha") == f'alpha = "*"\n{entries}'
    assert after_add(entries, "cobra") == 'beta = "*"\ncobra = "*"\n# of delta\n# too\ndelta = "*" # d\n\n# tail\n'
    assert after_add(entries, "omega") == 'beta = "*"\n# of delta\n# too\ndelta = "*" # d\nomega = "*"\n\n# tail\n'


def test_sorted_entries_stay_sorted_through_many_additions() -> None:
    text = plugins("")
    for name in ("mike", "alpha", "zulu", "kilo", "bravo"):
        text = add(text, [f"{name}-p"])
    assert list(tomllib.loads(text)["plugins"]) == ["alpha-p", "bravo-p", "kilo-p", "mike-p", "zulu-p"]


def test_a_new_entry_stands_last_where_entries_are_not_sorted() -> None:
    entries = 'zebra = "*"\nalpha = { version = "*", extras = [\n  "one", # first\n] } # end\n\n# tail\n'
    expected = 'zebra = "*"\nalpha = { version = "*", extras = [\n  "one", # first\n] } # end\nbeta = "*"\n\n# tail\n'
    assert after_add(entries, "beta") == expected


def test_a_new_entry_stands_before_tables_of_single_plugins() -> None:
    assert after_add('\n[plugins.beta]\nversion = "*"\n', "gamma") == ('gamma = "*"\n\n[plugins.beta]\nversion = "*"\n')


def test_a_section_is_made_where_there_is_none() -> None:
    assert add(BASE.rstrip(), ["x"]) == f'{BASE}[plugins]\nx = "*"\n'


def test_line_ends_of_the_file_are_used() -> None:
    text = read_text(RIGHT / "crlf.toml")
    edited = add(text, ["alpha", "gamma>=1"])
    assert edited.count("\r\n") == edited.count("\n") == text.count("\n") + 2
    edited = add(text.removesuffix("\r\n"), ["gamma"])
    assert edited.endswith('# kept\r\ngamma = "*"')


def test_an_existing_entry_is_replaced_and_keeps_its_comment() -> None:
    entries = '# of rtk\nRTK_hermes   =   ">=1"   # why\nzz = "*"\n'
    assert after_add(entries, "rtk-hermes>=2") == '# of rtk\nRTK_hermes   =   ">=2"   # why\nzz = "*"\n'


def test_an_existing_entry_keeps_what_is_not_asked_for_anew() -> None:
    """As `uv add` does: extras are added, a bare name leaves the version."""
    entries = """x = { version = ">=1", extras = ["a"], marker = "sys_platform == 'linux'" } # c\n"""
    assert after_add(entries, "x") == entries
    assert after_add(entries, "x[b]") == entries.replace('["a"]', '["a", "b"]')
    assert after_add(entries, "x<9") == entries.replace(">=1", "<9")
    assert after_add(entries, "x ; os_name == 'posix'") == entries.replace(
        "sys_platform == 'linux'", "os_name == 'posix'"
    )
    assert after_add('x = ">=1" # c\n', "x[b]") == 'x = { version = ">=1", extras = ["b"] } # c\n'
    assert after_add('x = { version = ">=1" } # c\n', "x[b]") == 'x = { version = ">=1", extras = ["b"] } # c\n'
    assert after_add('x = { extras = ["b"] }\n', "x") == 'x = { extras = ["b"] }\n'


def test_an_entry_that_was_wrong_is_mended_by_adding_it_again() -> None:
    assert after_add('x = "1.2" # c\n', "x==1.2") == 'x = "==1.2" # c\n'
    assert after_add("x = 12 # c\n", "x==1.2") == 'x = "==1.2" # c\n'


def test_an_index_is_written_beside_the_version() -> None:
    edited = add(plugins("") + INDEX, ["x>=1"], index="corp")
    assert edited == plugins('x = { version = ">=1", index = "corp" }\n') + INDEX


def test_an_unknown_index_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as raised:
        add(plugins("") + INDEX, ["x"], index="crop")
    assert str(raised.value) == 'no [[index]] is called "crop"\n  help: did you mean "corp"?'


def test_everything_wrong_with_what_is_asked_for_is_said_at_once() -> None:
    assert refused("a b", "x ; extra == 'y'", "ok", "OK") == (
        '"a b" is not a requirement\n'
        '  help: write it like "name>=1.2" or "name[extra]>=1.2 ; sys_platform == \'linux\'"\n'
        '"x ; extra == \'y\'" asks for "extra", which has no meaning here\n'
        "  help: list extras under extras = […]; a marker may only speak of the machine and its Python\n"
        "ok is asked for twice\n"
        "  help: name each plugin once"
    )


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("rtk\u2010hermes", "U+2010 (HYPHEN)"),
        ("\u0430pify", "U+0430 (CYRILLIC SMALL LETTER A)"),
        ("\uff52tk>=1", "U+FF52 (FULLWIDTH LATIN SMALL LETTER R)"),
        ("apify\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("apify\u202e[x]", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
    ],
)
def test_a_name_outside_ascii_is_refused_by_the_name_of_its_letter(name: str, character: str) -> None:
    message = refused(name, entries='apify = "*"\nrtk = "*"\n')
    assert f"holds {character}\n" in message
    assert message.isascii()


@pytest.mark.attack(10)
@pytest.mark.parametrize("twin", ["rtkhermes", "r-t-k-hermes", "rtk.her.mes"])
def test_a_name_easily_mistaken_for_a_standing_one_is_refused(twin: str) -> None:
    name = twin.replace(".", "-")
    assert refused(twin, entries='RTK_hermes = "*"\n') == (
        f'"{name}" is easily mistaken for "rtk-hermes", which is another plugin\n'
        f"  help: check the spelling; if both are meant, write {name} into plugins.toml by hand"
    )


def test_a_name_that_differs_for_all_to_see_is_added() -> None:
    assert after_add('RTK_hermes = "*"\n', "rtk-hermes2") == 'RTK_hermes = "*"\nrtk-hermes2 = "*"\n'


def test_new_names_easily_mistaken_for_each_other_are_refused() -> None:
    assert refused("llm-cool", "l1m-c00l").startswith('"l1m-c00l" is easily mistaken for "llm-cool"')


def test_other_spellings_of_a_standing_name_mean_the_same_plugin() -> None:
    assert after_add('rtk_hermes = "*"\n', "RTK.Hermes>=1") == 'rtk_hermes = ">=1"\n'


def test_the_host_itself_is_not_added() -> None:
    """Its own words, for the entry that a reader would complain of stands on no line of the file."""
    assert refused("HOST>=2") == (
        '"host" is the host itself\n  help: name plugins only; what the host is and ships stands in [host]'
    )


@pytest.mark.parametrize(
    ("before", "added", "removed"),
    [
        ('{ a = ">=1" } # mine', '{ a = ">=1", new = ">=2" } # mine', '{ new = ">=2" } # mine'),
        ("{a=\">=1\",  b = '*'}", '{ a = ">=1", b = \'*\', new = ">=2" }', "{ b = '*', new = \">=2\" }"),
    ],
)
def test_an_inline_table_is_left_with_blanks_where_a_person_sets_them(before: str, added: str, removed: str) -> None:
    edited = add(f"plugins = {before}\n{BASE}", ["new>=2"])
    assert edited == f"plugins = {added}\n{BASE}"
    assert remove(edited, ["a"]) == f"plugins = {removed}\n{BASE}"


def test_an_entry_is_removed_and_comments_of_their_own_stay() -> None:
    entries = (
        '# head\nalpha = "*" # a\n# of Beta\nBeta_x = { version = "*", extras = [\n  "one", # 1\n] } # b\n\n# tail\n'
    )
    assert after_remove(entries, "beta-X") == '# head\nalpha = "*" # a\n# of Beta\n\n# tail\n'
    assert after_remove(entries, "alpha", "beta.x") == "# head\n# of Beta\n\n# tail\n"


def test_an_unknown_name_is_not_removed_and_the_nearest_is_named() -> None:
    with pytest.raises(InputError) as raised:
        remove(plugins('rtk-hermes = "*"\napify = "*"\n'), ["rtk-herms", "apify", "qqq"])
    assert str(raised.value) == (
        'plugins.toml: "rtk-herms" is not in [plugins]\n'
        '  help: did you mean "rtk-hermes"?\n'
        'plugins.toml: "qqq" is not in [plugins]\n'
        "  help: the known plugins are apify, rtk-hermes"
    )


def test_a_file_that_was_wrong_before_is_reported_by_its_own_lines() -> None:
    text = plugins('beta = "*"\nzeta = "1.2"\n')
    with pytest.raises(InputError) as raised:
        add(text, ["alpha"])
    assert [problem.line for problem in raised.value.problems] == [10]


@pytest.mark.parametrize("text", ["", "plugins = 1", "[plugins", "[[plugins]]", 'plugins = ["a"]', "\ufeff" + BASE])
def test_a_file_that_cannot_be_read_is_not_edited(text: str) -> None:
    with pytest.raises(InputError):
        add(text, ["x"])
    with pytest.raises(InputError):
        remove(text, ["x"])


@pytest.mark.parametrize("name", NAMES)
def test_in_every_style_an_entry_comes_and_goes_and_all_else_stays(name: str) -> None:
    text = read_text(RIGHT / f"{name}.toml")
    before = tomllib.loads(text)
    added = add(text, ["new-one>=1"])
    assert comments(added) == comments(text)
    values = tomllib.loads(added)
    assert values.get("plugins", {}).pop("new-one") == ">=1"
    assert (values if "plugins" in before else without_plugins(values)) == before
    removed = remove(added, ["new-one"])
    assert comments(removed) == comments(text)
    if "plugins" in before:
        assert removed == text or tomllib.loads(removed) == before


@pytest.mark.parametrize("name", NAMES)
def test_in_every_style_each_entry_can_be_changed_and_keeps_its_comment(name: str) -> None:
    text = read_text(RIGHT / f"{name}.toml")
    for key in tomllib.loads(text).get("plugins", {}):
        edited = add(text, [f"{key}>=99"])
        # The address goes once a version is asked for, and what was said of it.
        assert comments(edited) == [
            comment for comment in comments(text) if (key, comment) != ("weather", "# reviewed")
        ]
        assert edited.count(">=99") == 1
        assert parse(edited, "plugins.toml").plugins != parse(text, "plugins.toml").plugins


@pytest.mark.parametrize("name", NAMES)
def test_in_every_style_each_entry_can_be_removed(name: str) -> None:
    text = read_text(RIGHT / f"{name}.toml")
    for key in tomllib.loads(text).get("plugins", {}):
        left = [plugin.name for plugin in parse(remove(text, [key]), "plugins.toml").plugins]
        assert len(left) == len(parse(text, "plugins.toml").plugins) - 1


def without_plugins(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if key != "plugins"}


def comments(text: str) -> list[str]:
    return [line[line.index("#") :].strip() for line in text.splitlines() if "#" in line]
