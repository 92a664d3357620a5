"""Names that are spelt alike, or in letters that only look like those of another."""

from __future__ import annotations

import pytest

from lock.errors import InputError
from resolver.manifest import edit
from resolver.manifest.reader import parse

pytestmark = pytest.mark.attack(10)

FRAME = '[host]\nname = "host-app"\npython = "3.12"\n\n[targets]\nsystems = ["x86_64-linux"]\n\n[plugins]\n'


@pytest.mark.parametrize("twin", ["My_Plug", "my.plug", '"my--plug"', "MY-PLUG"])
def test_two_spellings_of_one_name_are_refused(twin: str) -> None:
    twin = f'"{twin}"' if "." in twin else twin
    with pytest.raises(InputError, match="my-plug"):
        parse(f'{FRAME}my-plug = "*"\n{twin} = "*"\n', "plugins.toml")


@pytest.mark.parametrize("name", ["\u0440lug", "pl\u00fcg", "plug\u200b", "\uff50lug"])
def test_a_name_with_letters_beyond_ascii_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        parse(f'{FRAME}"{name}" = "*"\n', "plugins.toml")
    with pytest.raises(InputError):
        edit.add(FRAME, (name,), index=None, path="plugins.toml")
