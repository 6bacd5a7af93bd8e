"""Who writes: invented people with handles, names and followers, some of whom come back."""

from __future__ import annotations

from math import log
from random import Random

from connectors.sample.corpus import table
from monitor.types import Author

BRAND = "みらい電機"
JAPANESE = Author(id="x:1460027718839304192", handle="mirai_denki", name="みらい電機【公式】", followers=18_400)
ENGLISH = Author(id="x:1523310949281042433", handle="mirai_home_en", name="Mirai Denki (English)", followers=2_140)
REDDIT = Author(id="reddit:t2_m1ra1dnk", handle="mirai_denki", name="mirai_denki")

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_RETURNS = 0.2


def desk(network: str, lang: str) -> Author:
    """The brand's account that answers there."""
    if network == "reddit":
        return REDDIT
    return ENGLISH if lang == "en" else JAPANESE


def base36(number: int) -> str:
    """A number as Reddit writes its ids."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


class Cast:
    """Invents people; about one in five customers has written before."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._handles: set[str] = set()
        self._known: dict[tuple[str, str], list[Author]] = {}
        self._parts: dict[str, list[str]] = {}
        for row in table("people.tsv"):
            self._parts.setdefault(row["part"], []).append(row["text"])

    def customer(self, network: str, lang: str, *, new: bool = False) -> Author:
        """Return somebody who writes in this language on this network."""
        known = self._known.setdefault((network, lang), [])
        if known and not new and self._rng.random() < _RETURNS:
            return self._rng.choice(known)
        handle, name = self._name(network, lang)
        author = self.person(network, handle, name, self._followers(network))
        known.append(author)
        return author

    def person(self, network: str, handle: str, name: str | None, followers: int | None) -> Author:
        """Return a new person of this name."""
        self._handles.add(handle.casefold())
        number = self._rng.getrandbits(58)
        id_ = f"reddit:t2_{base36(number >> 15)}" if network == "reddit" else f"x:{10**18 + number}"
        return Author(id=id_, handle=handle, name=name, followers=followers)

    def _followers(self, network: str) -> int | None:
        return None if network == "reddit" else int(self._rng.lognormvariate(log(190), 1.1))

    def _name(self, network: str, lang: str) -> tuple[str, str | None]:
        pick = self._rng.choice
        while True:
            name: str | None
            if network == "reddit":
                handle, name = self._numbered(pick(self._parts["reddit"])), None
            elif lang == "en":
                name, _, stem = pick(self._parts["english"]).rpartition(" ")
                handle = self._numbered(stem)
            else:
                kana, _, stem = pick(self._parts["stem"]).partition(" ")
                name = pick(self._parts["style"]).replace("{k}", kana)
                word = pick(self._parts["word"])
                shapes = (
                    f"{stem}_{word}",
                    f"{word}_{stem}",
                    f"{stem}_{self._rng.randrange(10, 9999)}",
                    f"{stem}{word}_",
                )
                handle = pick(shapes)
            if handle.casefold() not in self._handles:
                return handle, name

    def _numbered(self, stem: str) -> str:
        return (
            stem if self._rng.random() < 0.35 else f"{stem}{self._rng.choice(('', '_'))}{self._rng.randrange(2, 999)}"
        )
