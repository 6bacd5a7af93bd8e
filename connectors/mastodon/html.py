"""The HTML of a post as the text that its author wrote: paragraphs, line breaks, lists, whole links, mentions."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "div", "blockquote", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_SILENT = {"script", "style", "template", "title"}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


class _Reader(HTMLParser):
    def __init__(self, *, quoted: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._quoted = quoted
        self.parts: list[str] = []
        self._links: list[tuple[str, int]] = []  # a link's address ("": its text says all) and where its text begins
        self._unseen: list[str] = []  # open elements whose content is not shown
        self._exact = 0  # open <pre>

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in the begin of an element."""
        found = {name: value or "" for name, value in attrs}
        classes = found.get("class", "").split()
        hides = tag in _SILENT or (self._quoted and "quote-inline" in classes)
        if hides or self._unseen:
            # inside an unseen element only the ends of its own kind are counted
            if hides or tag == self._unseen[-1]:
                self._unseen.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self._exact += tag == "pre"
            self.parts.append("\n\n" if tag in {"p", "blockquote", "pre"} else "\n")
        elif tag == "a":
            shown = {"mention", "hashtag", "u-url"} & set(classes) or found.get("rel", "") == "tag"
            self._links.append(("" if shown else found.get("href", ""), len(self.parts)))
        elif tag == "img":
            self.parts.append(found.get("alt", ""))

    def handle_endtag(self, tag: str) -> None:
        """Take in the end of an element."""
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
        elif tag in _BLOCKS:
            self._exact -= tag == "pre" and self._exact > 0
            self.parts.append("\n\n" if tag in {"p", "blockquote", "pre"} else "\n")
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            said = "".join(self.parts[start:]).strip()
            if address and said != address and said.removesuffix("/") != address.removesuffix("/"):
                self.parts.append(f" ({address})" if said else address)

    def handle_data(self, data: str) -> None:
        """Take in text between tags."""
        if not self._unseen:
            self.parts.append(data if self._exact else _SPACES.sub(" ", data))


def text_of(html: str, *, quoted: bool = False) -> str:
    """Return the text of a post's HTML. Whatever the HTML is, nothing of it can raise.

    A link is written with its whole address (servers hide its beginning and end in spans), followed by the address in
    brackets where its words are others. ``quoted``: the post is known to quote another one; the line "RE: address" that
    servers add for old apps is then left out.
    """
    reader = _Reader(quoted=quoted)
    reader.feed(html)
    reader.close()
    lines = "".join(reader.parts).split("\n")
    return _EMPTY_LINES.sub("\n\n", "\n".join(line.rstrip(" \t") for line in lines)).strip(" \n\t\r")
