"""The length of a text as X counts it: twitter-text's weights of 2018 (version 3).

Latin, Greek, Cyrillic and other letters up to U+10FF, and some punctuation, weigh 1; all others, kana and kanji among
them, 2; an emoji weighs 2 however many characters make it; a link weighs 23. The text is counted in the form NFC.
"""

from __future__ import annotations

import unicodedata

import regex

LINK = 23
_LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))

_URL = regex.compile(
    r"(?P<sure>https?://[!-~]*[\w/#&=%~+-])"
    r"|(?P<bare>(?<![\w@.$#-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?![a-z0-9@_-])(?:/(?:[!-~]*[\w/#&=%~+-])?)?)",
    regex.IGNORECASE | regex.ASCII,
)
_EMOJI = regex.compile(
    r"[0-9#*]\ufe0f?\u20e3"
    r"|\p{Regional_Indicator}{2}"
    r"|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{Extended_Pictographic}(?=\p{Emoji_Modifier}))"
    r"(?:\p{Emoji_Modifier}|[\U000e0020-\U000e007f]+)?\ufe0f?"
    r"(?:\u200d\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?\ufe0f?)*"
)


def weigh(text: str) -> int:
    """Return the weight of a text; a post may have 280, 25,000 with a premium account.

    A name such as ``example.jp`` weighs like a link, at least: X links it if it knows the ending.
    """
    written = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    for found in _URL.finditer(written):
        total += _plain(written[at : found.start()])
        total += LINK if found["sure"] else max(LINK, len(found[0]))
        at = found.end()
    return total + _plain(written[at:])


def has_link(text: str) -> bool:
    """Whether X will find a link in the text, which costs more to publish."""
    return _URL.search(unicodedata.normalize("NFC", text)) is not None


def _plain(text: str) -> int:
    rest, emoji = str(_EMOJI.sub("", text)), len(_EMOJI.findall(text))
    return 2 * emoji + sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in rest)
