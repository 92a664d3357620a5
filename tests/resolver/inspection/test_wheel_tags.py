"""Tags in WHEEL that are not those of the file's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resolver.inspection.wheel import inspect
from tests.resolver.inspection.conftest import refusal, tampered
from tests.wheels import build_wheel

if TYPE_CHECKING:
    from pathlib import Path

INFO = "thing-1.0.dist-info"


def _with_tags(folder: Path, named: str, *inside: str) -> Path:
    """A wheel whose name has other tags than its WHEEL file."""
    path = build_wheel(folder, "thing", "1.0", tags=named)
    wheel = "".join(f"Tag: {tag}\n" for tag in inside)
    content = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n{wheel}".encode()
    path.write_bytes(tampered(path.read_bytes(), {f"{INFO}/WHEEL": content}, []))
    return path


@pytest.mark.parametrize(
    ("named", "inside"),
    [
        ("py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64", "py3-none-any"),  # playwright
        ("py3-none-macosx_11_0_universal2", "py3-none-any"),
        ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-linux_x86_64"),
        ("cp312-cp312-manylinux_2_17_x86_64", "py3-none-any"),
        ("cp312-abi3-musllinux_1_2_aarch64", "py2.py3-none-linux_aarch64"),
        ("cp38-abi3-macosx_11_0_arm64", "cp38-abi3-macosx_10_12_arm64"),
    ],
)
def test_a_wheel_renamed_for_its_system_is_told_and_taken(tmp_path: Path, named: str, inside: str) -> None:
    found = inspect(_with_tags(tmp_path, named, inside), name="thing", version="1.0")
    assert any(remark.startswith("its WHEEL file has other tags than its name: ") for remark in found.remarks)


@pytest.mark.parametrize(
    ("named", "inside"),
    [
        ("py3-none-manylinux_2_17_x86_64", "py3-none-win_amd64"),
        ("py3-none-manylinux_2_17_x86_64", "py3-none-linux_aarch64"),
        ("py3-none-any", "py3-none-linux_x86_64"),
        ("cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64"),
        ("cp312-cp312-manylinux_2_17_x86_64", "pp310-pypy310_pp73-linux_x86_64"),
    ],
)
def test_a_wheel_of_another_build_than_its_name_says_is_refused(tmp_path: Path, named: str, inside: str) -> None:
    assert refusal(_with_tags(tmp_path, named, inside)) == [
        f"wheel-tags: '{INFO}/WHEEL' has the tags {inside}, which are not those of the file's name"
    ]


def test_a_wheel_without_a_tag_is_refused(tmp_path: Path) -> None:
    (problem,) = refusal(_with_tags(tmp_path, "py3-none-any"))
    assert problem == f"wheel-tags: '{INFO}/WHEEL' has the tags none, which are not those of the file's name"
