"""Every reason for which a connector refuses a reply is explained in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.phrases import PERMITS, permit_of

ROOT = Path(__file__).parents[1]
PLACES = [*sorted((ROOT / "connectors").glob("*/write.py")), ROOT / "monitor" / "desk" / "writing.py"]


def codes(place: Path) -> set[str]:
    """The codes that a module gives: ``reason = …``, ``reason=…``, and what its functions return for one."""
    found: set[str] = set()
    tree = ast.parse(place.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "reason" for t in node.targets):
            found |= set(_values(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Permit":
            found |= {code for word in node.keywords if word.arg == "reason" for code in _values(word.value)}
        elif isinstance(node, ast.FunctionDef) and node.name in {"_hindrance", "_obstacle"}:
            returned = (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None)
            found |= {code for value in returned for code in _values(value)}
    return found


def _values(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _values(value.body)
        yield from _values(value.orelse)
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "next":
        for one in value.args:
            yield from _values(one)
    elif isinstance(value, ast.GeneratorExp):
        yield from _values(value.generators[0].iter)
    elif isinstance(value, ast.Tuple):
        for one in value.elts:
            yield from _values(one)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.parent.name)
def test_every_reason_of_a_connector_is_explained(place: Path) -> None:
    found = codes(place)
    assert found, "this connector gives no reason at all: is it still read rightly?"
    assert found <= set(PERMITS["en"])


def test_the_reasons_are_found_as_they_are_written() -> None:
    named = {place.parent.name: codes(place) for place in PLACES}
    assert named["x"] >= {"no_scope", "not_addressed", "reply_settings"}
    assert named["reddit"] == {"no_scope", "deleted", "protected", "locked", "archived"}
    assert named["bluesky"] == {"protected", "reply_settings"}


def test_both_languages_say_the_same_codes() -> None:
    assert set(PERMITS["en"]) == set(PERMITS["ja"])
    for code in (*PERMITS["en"], None, "some_code_of_yours"):
        english, japanese = permit_of(code, "en"), permit_of(code, "ja")
        assert english.isascii()
        assert any("\u3040" <= letter <= "\u30ff" for letter in japanese)
    assert "some_code_of_yours" in permit_of("some_code_of_yours", "ja")
