"""docs/modules.md says of the options what the options say of themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.nix.module_options import DOCUMENT, evaluate, replaced

if TYPE_CHECKING:
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix


def test_the_reference_is_the_options_own_text(nix: Nix) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert replaced(written, evaluate(nix)) == written, "run `python3 -m tests.nix.module_options`"


def test_every_expression_of_the_document_parses(nix: Nix) -> None:
    blocks = re.findall(r"^```nix\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        done = nix.run("nix-instantiate", "--parse", "--expr", block)
        assert done.code == 0, done.err


def test_every_option_says_what_it_is_and_has_an_example_or_a_default(nix: Nix) -> None:
    options = [option for place in evaluate(nix).values() for option in place.values()]
    assert len(options) > 20
    for option in options:
        assert option["description"].strip()
        assert option["readOnly"] or "default" in option or "example" in option
