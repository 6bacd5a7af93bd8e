"""Other people's texts in our pages: always text, in a box of their own direction, with only http(s) links alive."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

LONGEST = 2000  # characters of a text that a list or a conversation shows before "show all"
_LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^\u3000-\u303f\uff00-\uff60]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]、。」』)】"
_HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def safe_url(url: str | None) -> str | None:
    """Return the address if it is http(s) with a host and without a name or password in it, else ``None``."""
    if not url or any(c.isspace() or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.hostname and "@" not in parts.netloc else None


def plain(text: str | None) -> str:
    """Return a text without control and direction characters, which could turn the words around it over; the rest stays."""
    return text or "" if not text or text.isprintable() else _HIDDEN.sub("\ufffd", text)


def linked(text: str | None, longest: int = LONGEST) -> Markup:
    """Return a text as HTML that shows it as it is, cut to ``longest`` characters, with its http(s) addresses as links."""
    shown = plain((text or "")[:longest])
    parts: list[Markup] = []
    at = 0
    for found in _LINK.finditer(shown):
        address = found[0].rstrip(_TRAILING)
        if safe_url(address) is None:
            continue
        parts += [escape(shown[at : found.start()]), link(address, address)]
        at = found.start() + len(address)
    parts.append(escape(shown[at:]))
    cut = Markup("…") if len(text or "") > longest else Markup("")
    return Markup('<bdi dir="auto" class="said">') + Markup("").join(parts) + cut + Markup("</bdi>")


def link(address: str | None, label: str) -> Markup:
    """Return a link that tells the other side nothing; without a safe address only the label."""
    safe = safe_url(address)
    if safe is None:
        return escape(label)
    return Markup('<a href="{}" rel="noopener noreferrer nofollow ugc" target="_blank">{}</a>').format(safe, label)


def short(text: str | None, characters: int = 80) -> str:
    """Return a text on one line, cut to a number of characters."""
    if text and len(text) <= characters and text.isprintable() and " " not in text:
        return text
    line = " ".join(plain((text or "")[: characters * 4]).split())
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"
