"""The reader's language: English msgids, Japanese catalogs, compiled in memory when they are first used."""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path

LANGUAGES = ("en", "ja")
_FOLDER = Path(__file__).parent / "locale"


class Words:
    """Says msgids in one language; an English msgid is its own English text."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self.catalog = catalog(self.language)

    def __call__(self, msgid: str, **values: object) -> str:
        """Return a sentence in this language with its values put in."""
        text = _text(self.language, msgid) if msgid else ""
        return text % values if values else text


@functools.cache
def catalog(language: str) -> gettext.NullTranslations:
    """Return the catalog of a language, made of every ``.po`` file of its folder."""
    found = gettext.NullTranslations()
    for path in sorted((_FOLDER / language).glob("*.po")):
        from babel.messages.mofile import write_mo  # noqa: PLC0415 - English needs no catalog
        from babel.messages.pofile import read_po  # noqa: PLC0415 - see above

        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
        compiled.seek(0)
        single = gettext.GNUTranslations(compiled)
        single.add_fallback(found)
        found = single
    return found


@functools.lru_cache(5000)
def _text(language: str, msgid: str) -> str:
    """Look a msgid up; a catalog asks every one of its files in turn."""
    return catalog(language).gettext(msgid)


def best(accepted: str) -> str | None:
    """Return the language of ours that an ``Accept-Language`` header likes best; ``None`` where it names none."""
    ranked: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        name, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=") or "1"
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and weight.replace(".", "", 1).isdecimal():
            ranked.append((-float(weight), language))
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None
