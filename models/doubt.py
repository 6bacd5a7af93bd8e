"""When a model should rather say nothing, and why; and what emoji alone say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.signs import Sign, signs
from monitor.text import normalise
from monitor.types import Scores

# Under the threshold, a text of which both sides are at least so likely is called mixed.
MIXED = 0.25
# Praise of a text that plainly reports one of these is either mixed or meant the other way round.
_HARD = ("safety", "privacy", "legal", "misconduct", "payment", "outage", "no_answer", "delivery", "broken")
_SIDED = ("praise", "thanks", "complaint", "safety", "broken", "legal", "outage", "refund", "leaving")
_GLAD = frozenset("😀😃😄😁😊☺🥰😍🤩😘😻💕💖💗💓💞💘💝❤🧡💛💚💙💜🤍🫶👍👏🙌🎉✨💯🥳😋🤗🏆🌟⭐👌💐")
_CROSS = frozenset("😡🤬😠👎💔😤😞😔😟😣😖😫😩🤮🤢🖕😒🙄😾💢😰😨☹🙁😧😦👿")
# An emoji is clear but short; a person would bet so much on it.
_CLEAR = 0.85


def of_scores(scores: Scores, threshold: float) -> str | None:
    """Return ``mixed`` or ``confidence`` where the likeliest class lies under the threshold, else ``None``."""
    if max(scores.negative, scores.neutral, scores.positive) >= threshold:
        return None
    return "mixed" if min(scores.negative, scores.positive) >= MIXED else "confidence"


def ironic(scores: Scores, seen: Mapping[str, Sign]) -> bool:
    """Whether a text that comes out positive plainly reports trouble: "Great, another outage"."""
    if scores.positive < max(scores.negative, scores.neutral):
        return False
    return any(code in seen and seen[code].strength >= 1 for code in _HARD)


def telling(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names (folded) in which the rules see a sentiment word: "Happy Foods", 「最高堂」."""
    return tuple(
        normalise(name)
        for name in names
        if any(code in _SIDED for language in ("ja", "en") for code in signs(name, language))
    )


def without(text: str, names: Sequence[str]) -> str:
    """Return the text, folded, with each of the names left out for a neutral one."""
    text = normalise(text)
    for name in names:
        text = text.replace(name, "it" if name.isascii() else "ここ")
    return text


def emoji_scores(text: str) -> Scores | None:
    """Return what emoji say where they all say the same clearly, else ``None``; a text with letters says nothing here."""
    said = {1 if c in _GLAD else -1 if c in _CROSS else 0 for c in text if _is_emoji(c)}
    if said == {1}:
        return Scores(negative=(1 - _CLEAR) / 3, neutral=(1 - _CLEAR) * 2 / 3, positive=_CLEAR)
    if said == {-1}:
        return Scores(negative=_CLEAR, neutral=(1 - _CLEAR) * 2 / 3, positive=(1 - _CLEAR) / 3)
    return None


def _is_emoji(c: str) -> bool:
    return ord(c) >= 0x2300 and not c.isalnum() and not "\u3000" <= c <= "\u303f" and not _modifies(c)


def _modifies(c: str) -> bool:
    return c in "\u200d\u20e3\ufe0e\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff" or "\uff00" <= c <= "\uffef"
