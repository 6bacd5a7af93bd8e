"""English posts as the bundled model reads them: mentions and links masked, emoji made plain, the tail cut off."""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
from pathlib import Path

from monitor.text import clean

MAX_TOKENS = 64
# The program reads twice as far as the training did: a post of 280 characters fits, and long posts gained by it.
READ_TOKENS = 128
MAX_READ = 2_000

_MENTION = re.compile(r"(?<![\w@])[@＠]\w+")
_URL = re.compile(r"https?://\S+|www\.\S+")
# Joiners, variation selectors, skin tones and keycaps change how an emoji looks, not what it says.
_DECORATION = re.compile("[\u200d\u20e3\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_EMOJI_BLOCKS = (
    (0x231A, 0x23FF),
    (0x2600, 0x27BF),
    (0x2B00, 0x2BFF),
    (0x1F300, 0x1F64F),
    (0x1F680, 0x1F6FF),
    (0x1F7E0, 0x1F7EB),
    (0x1F900, 0x1FAFF),
)


def mask(text: str) -> str:
    """Return the text with ``@user`` for mentions and ``http`` for links, as in the training tweets.

    Only the first :data:`MAX_READ` characters are kept; the model reads :data:`READ_TOKENS` tokens of them at most.
    """
    text = html.unescape(clean(text[:MAX_READ]))
    return _DECORATION.sub("", _URL.sub("http", _MENTION.sub("@user", text))).strip()


def unaddressed(text: str) -> str:
    """Return what is said: the first :data:`MAX_READ` characters without mentions and links."""
    return _URL.sub(" ", _MENTION.sub(" ", text[:MAX_READ])).strip()


def emoji_names() -> dict[str, str]:
    """Return the single characters that get a token of their own, each with its lower-case Unicode name."""
    names = {}
    for first, last in _EMOJI_BLOCKS:
        for code in range(first, last + 1):
            name = unicodedata.name(chr(code), "")
            if name and unicodedata.category(chr(code)) == "So":
                names[chr(code)] = name.lower()
    return names


def read_posts(path: Path) -> tuple[list[str], list[int]]:
    """Return the texts and the classes (0 negative, 1 neutral, 2 positive) of a ``.jsonl.gz`` file of labelled posts."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [row["text"] for row in rows], [row["label"] for row in rows]
