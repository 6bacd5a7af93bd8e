"""Every sentence of the pages has its Japanese, and placeholders agree."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2.ext import babel_extract

from monitor.web import accounts
from monitor.web.pages import all_routes
from monitor.web.words import best, catalog

WEB = Path(__file__).parents[2] / "monitor" / "web"
PLACE = re.compile(r"%\((\w+)\)s")


def plurals() -> Iterator[tuple[str, str, str]]:
    """Sentences of the templates that a number changes: where they stand, with one, and with several."""
    for path in sorted((WEB / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("ngettext",), [], {"trim_blocks": "true"}):
                assert isinstance(message, tuple)
                yield path.name, str(message[0]), str(message[1])


def in_templates() -> Iterator[tuple[str, str]]:
    """Msgids of the templates; those that end with a space are the beginnings of codes."""
    for path in sorted((WEB / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("_", "gettext"), [], {"trim_blocks": "true"}):
                for text in message if isinstance(message, tuple) else (message,):
                    if text and not text.endswith(" "):
                        yield path.name, text


def in_code() -> Iterator[tuple[str, str]]:
    """Msgids of handlers and problems."""
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            for argument in node.args if name in ("_", "Problem") else ():
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield path.name, argument.value


def msgids() -> Iterator[tuple[str, str]]:
    """Every msgid with the file in which it stands."""
    yield from in_templates()
    yield from in_code()
    for text in (*accounts.FAULTS.values(), *accounts.NAME_FAULTS.values()):
        yield "accounts.py", text
    for route in all_routes():
        if route.nav:
            yield route.path, route.nav[1]


def test_every_sentence_has_its_japanese() -> None:
    japanese = catalog("ja")
    missing = [
        (place, text)
        for place, text in msgids()
        if japanese.gettext(text) == text and text not in ("%(said)s", "OpenAPI", "JSON")
    ]
    assert missing == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    japanese = catalog("ja")
    wrong = [text for _, text in msgids() if set(PLACE.findall(text)) != set(PLACE.findall(japanese.gettext(text)))]
    assert wrong == []


def test_every_sentence_with_a_number_has_its_japanese_and_its_two_englishes() -> None:
    found = list(plurals())
    assert len({one for _, one, _ in found}) > 10
    japanese, english = catalog("ja"), catalog("en")
    for place, one, many in found:
        said = [japanese.ngettext(one, many, n) for n in (1, 2)]
        assert said[0] == said[1], "Japanese has one form"
        assert said[0] not in (one, many), (place, one)
        assert set(PLACE.findall(said[0])) == set(PLACE.findall(many)) >= set(PLACE.findall(one))
        assert [english.ngettext(one, many, n) for n in (0, 1, 2)] == [many, one, many]


def test_a_number_with_its_noun_stands_nowhere_without_its_singular() -> None:
    """Of what is said with a bare ``_`` no number goes with an English plural, but for those that never are one."""
    plural = re.compile(
        r"%\((?!length|who|seconds|most|longest)\w+\)s (?:more |own )?(?!is\b|has\b|needs\b)(?:[a-z]+s|people)\b"
    )
    allowed = {
        "%(n)s gaps today",  # "1 gap" stands beside it
        "%(n)s characters, filled in for a made-up customer",
        "At most %(n)s characters.",
        "In hand now, and done in the last %(days)s days",  # seven
    }
    assert {text for _, text in msgids() if plural.search(text)} - allowed == set()


def all_of(found: gettext.NullTranslations) -> Iterator[str]:
    """Msgids of a catalog and of those behind it: one for each file."""
    for one in getattr(found, "_catalog", {}):
        yield one[0] if isinstance(one, tuple) else one
    if found._fallback is not None:  # type: ignore[attr-defined]
        yield from all_of(found._fallback)  # type: ignore[attr-defined]


def test_codes_have_words_in_both_languages() -> None:
    japanese, english = (set(all_of(catalog(name))) for name in ("ja", "en"))
    codes = {text for text in english if text}
    assert codes
    assert codes <= japanese


def test_the_browser_s_wish_is_read() -> None:
    assert best("ja,en;q=0.5") == "ja"
    assert best("en-GB;q=0.5,ja-JP;q=0.9") == "ja"
    assert best("de") is None
    assert best("ja;q=x, ;;;, en;q=0.1") == "en"
