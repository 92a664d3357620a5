"""Rules for Nix files that only a parser can hold: what no linter that is at hand here checks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tree_sitter_nix
from tree_sitter import Language, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tree_sitter import Node

_PARSER = Parser(Language(tree_sitter_nix.language()))
_LAST_COMMA = re.compile(r",(\s*\})")
_CAMEL_CASE = re.compile(r"_?[a-z][A-Za-z0-9]*'?")


def problems(text: str) -> list[str]:
    """Return what is wrong with a Nix file, each with its line."""
    # This grammar knows no comma after the last argument, which RFC 166 asks for.
    root = _PARSER.parse(_LAST_COMMA.sub(r" \1", text).encode()).root_node
    if root.has_error:
        return ["it cannot be parsed"]
    return [f"line {node.start_point.row + 1}: {message}" for node, message in sorted(_found(root), key=_place)]


def problems_of(file: Path) -> list[str]:
    """Return what is wrong with a file."""
    return problems(file.read_text(encoding="utf-8"))


def _place(found: tuple[Node, str]) -> tuple[int, str]:
    return found[0].start_byte, found[1]


def _found(root: Node) -> Iterator[tuple[Node, str]]:
    for node in _below(root):
        match node.type:
            case "with_expression":
                yield node, "`with` hides where names come from"
            case "rec_attrset_expression":
                yield node, "`rec`: `let` says what refers to what"
            case "let_attrset_expression":
                yield node, "`let { }` is a form of the past"
            case "let_expression":
                yield from _of_let(node)
            case "function_expression":
                yield from _of_function(node)
            case "binding":
                yield from _of_binding(node)
            case "binary_expression":
                yield from _of_comparison(node)
            case "parenthesized_expression":
                yield from _of_parentheses(node)


def _below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _below(child)


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""


def _uses(node: Node, name: str) -> bool:
    """Tell whether a name is used below a node: as a variable, or by `inherit` without a source."""
    for inner in _below(node):
        if inner.type == "variable_expression" and _text(inner) == name:
            return True
        if inner.type == "inherit" and name in _text(inner).rstrip(";").split()[1:]:
            return True
    return False


def _names_bound(let: Node) -> Iterator[tuple[Node, str]]:
    for bindings in let.children:
        if bindings.type != "binding_set":
            continue
        for binding in bindings.children:
            if binding.type == "binding":
                path = binding.child_by_field_name("attrpath")
                yield binding, _text(path).split(".")[0]
            elif binding.type in {"inherit", "inherit_from"}:
                for attributes in binding.children:
                    if attributes.type == "inherited_attrs":
                        yield from ((binding, _text(name)) for name in attributes.named_children)


def _of_let(let: Node) -> Iterator[tuple[Node, str]]:
    names = list(_names_bound(let))
    if not names:
        yield let, "`let` without a binding"
    body = let.child_by_field_name("body")
    for binding, name in names:
        others = [other for other, _ in names if other is not binding]
        own = [binding] if binding.type == "binding" else []
        if not any(_uses(place, name) for place in (*others, *own, *([body] if body else []))):
            yield binding, f"`{name}` is bound and not used"
        if binding.type == "binding" and not _CAMEL_CASE.fullmatch(name):
            yield binding, f"`{name}` is not camelCase"


def _of_function(function: Node) -> Iterator[tuple[Node, str]]:
    body = function.child_by_field_name("body")
    formals = function.child_by_field_name("formals")
    universal = function.child_by_field_name("universal")
    if body is None:
        return
    if formals is not None:
        declared = [child for child in formals.named_children if child.type == "formal"]
        if not declared and "..." not in _text(formals) and universal is None:
            yield formals, "an empty pattern takes nothing"
        for formal in declared:
            name = _text(formal.child_by_field_name("name"))
            defaults = [child for child in declared if child is not formal]
            if not any(_uses(place, name) for place in (body, *defaults)):
                yield formal, f"the argument `{name}` is not used"
    if universal is not None:
        name = _text(universal)
        places = [body, *([formals] if formals is not None else [])]
        if name != "_" and not name.startswith("_") and not any(_uses(place, name) for place in places):
            yield universal, f"the argument `{name}` is not used"


def _of_binding(binding: Node) -> Iterator[tuple[Node, str]]:
    path = _text(binding.child_by_field_name("attrpath"))
    value = binding.child_by_field_name("expression")
    if value is None or "." in path or "${" in path:
        return
    if value.type == "variable_expression" and _text(value) == path:
        yield binding, f"`{path} = {path}` is `inherit {path}`"
    is_plain = value.type == "select_expression" and value.child_by_field_name("default") is None
    if is_plain and _text(value.child_by_field_name("attrpath")) == path:
        source = _text(value.child_by_field_name("expression"))
        yield binding, f"`{path} = {source}.{path}` is `inherit ({source}) {path}`"


def _of_comparison(comparison: Node) -> Iterator[tuple[Node, str]]:
    if _text(comparison.child_by_field_name("operator")) not in {"==", "!="}:
        return
    for side in ("left", "right"):
        if _text(comparison.child_by_field_name(side)) in {"true", "false"}:
            yield comparison, "a truth is compared with a truth"


def _of_parentheses(parentheses: Node) -> Iterator[tuple[Node, str]]:
    inner = parentheses.child_by_field_name("expression")
    simple = {"variable_expression", "integer_expression", "string_expression", "list_expression", "path_expression"}
    if inner is not None and inner.type in {*simple, "parenthesized_expression"}:
        yield parentheses, "parentheses around what needs none"
