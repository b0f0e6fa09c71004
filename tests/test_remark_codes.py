"""Codes of remarks: docs/remarks.md has one heading for each that the code can give, and none that it cannot."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("calculator", "measurements", "serving", "views")
PARTS = ("**When:**", "**Meaning:**", "**What to do:**")


def _sections() -> dict[str, str]:
    """The text under each heading of docs/remarks.md, by code."""
    _, *parts = re.split(r"^## ", (ROOT / "docs/remarks.md").read_text("utf-8"), flags=re.M)
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def _patterns(source: str) -> Iterator[str]:
    """A regular expression for every code that a file gives to a Remark: a literal, a constant, or an f-string."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Remark"):
            continue
        (code,) = [word.value for word in node.keywords if word.arg == "code"]
        if isinstance(code, ast.Constant):
            yield re.escape(str(code.value))
        elif isinstance(code, ast.Name):
            yield re.escape(constants[code.id])
        elif isinstance(code, ast.JoinedStr):
            yield "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z]+" for part in code.values
            )
        else:
            raise AssertionError(f"line {node.lineno}: write the code of the remark as text")


@functools.cache
def _used() -> set[str]:
    return {
        pattern
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for pattern in _patterns(path.read_text("utf-8"))
    }


def test_every_code_of_a_remark_has_a_heading() -> None:
    missing = sorted(code for code in _used() if not any(re.fullmatch(code, name) for name in _sections()))
    assert not missing, f"add to docs/remarks.md: {missing}"


def test_every_heading_is_a_code_that_is_used() -> None:
    unused = sorted(name for name in _sections() if not any(re.fullmatch(code, name) for code in _used()))
    assert not unused, f"remove from docs/remarks.md: {unused}"


@pytest.mark.parametrize("code", _sections())
def test_heading_says_when_what_it_means_and_what_to_do(code: str) -> None:
    text = _sections()[code]
    assert all(text.count(part) == 1 for part in PARTS)
    assert re.fullmatch(r"[a-z0-9-]+", code), "a code is its own anchor"


def test_index_links_to_every_heading_once() -> None:
    text = (ROOT / "docs/remarks.md").read_text("utf-8")
    linked = re.findall(r"\[`([^`]+)`\]\(#([^)]+)\)", text)
    assert sorted(linked) == sorted((code, code) for code in _sections())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('Remark(code="tight", text="")', ["tight"]),
        ('CODE = "tight"\nRemark(code=CODE, text="")', ["tight"]),
        ('evidence.Remark(code=f"{name}-backend", text="")', [r"[a-z]+\-backend"]),
        ('Other(code="tight")', []),
    ],
)
def test_codes_are_read_from_literals_constants_and_fstrings(source: str, expected: list[str]) -> None:
    assert list(_patterns(source)) == expected


def test_code_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(AssertionError, match="write the code"):
        list(_patterns('Remark(code=code_of("x"), text="")'))
