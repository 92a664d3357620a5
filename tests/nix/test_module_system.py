"""The stand-in for nixpkgs' module system says what the real one says, about values as about mistakes."""

from __future__ import annotations

import pytest

from tests.nix.machine import Nix, quoted
from tests.nix.module_system import MODULE_SYSTEM
from tests.nix.nixpkgs_machines import NEEDS_NIXPKGS, skip_where_nix_is_too_old, tree

pytestmark = pytest.mark.nix

# Modules of a configuration, with `lib` in scope; what `config` is, or what the error says.
CASES: dict[str, tuple[str, object]] = {
    "default": ("{ options.a = lib.mkOption { default = 1; type = lib.types.int; }; }", {"a": 1}),
    "definition": ("{ options.a = lib.mkOption { type = lib.types.int; }; } { a = 2; }", {"a": 2}),
    "priorities": (
        (
            "{ options.a = lib.mkOption { type = lib.types.int; default = 0; }; }"
            " { a = lib.mkDefault 1; } { a = 2; } { a = lib.mkForce 3; }"
        ),
        {"a": 3},
    ),
    "default-priority": (
        "{ options.a = lib.mkOption { type = lib.types.int; default = 0; }; } { a = lib.mkDefault 1; }",
        {"a": 1},
    ),
    "lines": (
        '{ options.a = lib.mkOption { type = lib.types.lines; }; } { a = "one"; } { a = "two"; }',
        {"a": "two\none"},
    ),
    "conditions": (
        (
            "{ options.a = lib.mkOption { type = lib.types.listOf lib.types.int; default = [ ]; }; }"
            ' { a = lib.mkIf true [ 1 ]; } { a = lib.mkIf false (abort "x"); }'
            " { a = lib.mkMerge [ [ 2 ] (lib.mkIf true [ 3 ]) ]; }"
        ),
        {"a": [2, 3, 1]},
    ),
    "condition-on-another-option": (
        (
            "({ config, ... }: { options.a = lib.mkOption { type = lib.types.bool; default = true; };"
            " options.b = lib.mkOption { type = lib.types.int; default = 0; };"
            " config = lib.mkIf config.a { b = 5; }; })"
        ),
        {"a": True, "b": 5},
    ),
    "priority-above": (
        "{ options.a.b = lib.mkOption { type = lib.types.int; }; } { a = lib.mkForce { b = 1; }; } { a.b = 2; }",
        {"a": {"b": 1}},
    ),
    "imports": (
        '{ imports = [ { options.a = lib.mkOption { type = lib.types.str; }; } ({ ... }: { a = "x"; }) ]; }',
        {"a": "x"},
    ),
    "arguments": (
        (
            "({ extra, ... }: { options.a = lib.mkOption { type = lib.types.str; }; config.a = extra; })"
            ' { _module.args.extra = "given"; }'
        ),
        {"a": "given"},
    ),
    "arguments-of-a-shell": (
        (
            "{ options.a = lib.mkOption { type = lib.types.str; }; }"
            """ { a = lib.escapeShellArgs [ "plain/path.txt" "two words" "it's" "" ]; }"""
        ),
        {"a": "plain/path.txt 'two words' 'it'\\''s' ''"},
    ),
    "options-argument": (
        (
            "({ options, ... }: { options.a = lib.mkOption { type = lib.types.str; };"
            ' config = lib.optionalAttrs (options ? b) { a = "b"; }; }) { options.b = lib.mkOption { default = 1; '
            "type = lib.types.int; }; }"
        ),
        {"a": "b", "b": 1},
    ),
    "submodules": (
        (
            "{ options.a = lib.mkOption { default = { }; type = lib.types.attrsOf (lib.types.submodule"
            " ({ name, config, ... }:"
            " { options.x = lib.mkOption { type = lib.types.str; default = name; };"
            ' options.y = lib.mkOption { type = lib.types.str; default = config.x + "!"; }; })); }; }'
            ' { a.one = { }; a.two.x = "z"; } { a.two.y = lib.mkDefault "w"; }'
        ),
        {"a": {"one": {"x": "one", "y": "one!"}, "two": {"x": "z", "y": "w"}}},
    ),
    "submodules-declared-twice": (
        (
            "{ options.a = lib.mkOption { default = { }; type = lib.types.attrsOf (lib.types.submodule {"
            " options.x = lib.mkOption { type = lib.types.int; }; }); }; }"
            " { options.a = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule ({ name, ... }: {"
            ' config.x = lib.mkIf (name == "one") (lib.mkDefault 7); })); }; } { a.one = { }; a.two.x = 2; }'
        ),
        {"a": {"one": {"x": 7}, "two": {"x": 2}}},
    ),
    "null-or": (
        (
            "{ options.a = lib.mkOption { type = lib.types.nullOr lib.types.int; default = null; };"
            " options.b = lib.mkOption { type = lib.types.nullOr lib.types.int; default = null; }; } { b = 1; }"
        ),
        {"a": None, "b": 1},
    ),
    "a-function": (
        (
            "{ options.f = lib.mkOption {"
            " type = lib.types.either lib.types.int (lib.types.functionTo lib.types.int); };"
            " options.a = lib.mkOption { type = lib.types.bool; }; }"
            " ({ config, ... }: { f = x: x + 1; a = lib.isFunction config.f && !(builtins.isFunction config.f)"
            " && config.f 1 == 2; })"
        ),
        {"a": True},
    ),
    "names-in-sets": (
        (
            "{ options.a = lib.mkOption { type = lib.types.attrsOf lib.types.int; }; }"
            " { a.x = lib.mkIf false 1; a.y = 2; }"
        ),
        {"a": {"y": 2}},
    ),
    "undeclared": ("{ options.a = lib.mkOption { default = 1; type = lib.types.int; }; } { b = 1; }", "does not exist"),
    "undeclared-below-false": (
        "{ options.a = lib.mkOption { default = 1; type = lib.types.int; }; } { config = lib.mkIf false { b = 1; }; }",
        "does not exist",
    ),
    "no-value": ("{ options.a = lib.mkOption { type = lib.types.int; }; }", "was accessed but has no value defined"),
    "wrong-type": (
        '{ options.a = lib.mkOption { type = lib.types.int; }; } { a = "1"; }',
        "A definition for option `a' is not of type",
    ),
    "wrong-word": (
        '{ options.a = lib.mkOption { type = lib.types.enum [ "x" ]; }; } { a = "y"; }',
        "A definition for option `a' is not of type",
    ),
    "two-values": (
        "{ options.a = lib.mkOption { type = lib.types.int; }; } { a = 1; } { a = 2; }",
        "The option `a' has conflicting definition values",
    ),
    "read-only": (
        "{ options.a = lib.mkOption { type = lib.types.int; readOnly = true; }; } { a = 1; } { a = 1; }",
        "The option `a' is read-only, but it's set multiple times.",
    ),
    "declared-twice": (
        (
            "{ options.a = lib.mkOption { type = lib.types.int; }; }"
            " { options.a = lib.mkOption { type = lib.types.str; }; } { a = 1; }"
        ),
        "declared",
    ),
}


def outcome(nix: Nix, lib: str, modules: str, expected: object) -> None:
    """Evaluate the modules of a case with a library, and compare."""
    expression = f'let lib = {lib}; in removeAttrs (lib.evalModules {{ modules = [ {modules} ]; }}).config [ "f" ]'
    if isinstance(expected, str):
        assert expected in nix.refusal(expression)
    else:
        assert nix.evaluate(expression) == expected


@pytest.mark.parametrize("case", CASES)
def test_the_stand_in_evaluates_a_case(nix: Nix, case: str) -> None:
    outcome(nix, f"import {MODULE_SYSTEM}/lib.nix", *CASES[case])


@NEEDS_NIXPKGS
@pytest.mark.parametrize("case", CASES)
def test_nixpkgs_evaluates_the_case_alike(nix: Nix, case: str) -> None:
    skip_where_nix_is_too_old(nix)
    outcome(nix, f"import {quoted(tree() / 'lib')}", *CASES[case])
