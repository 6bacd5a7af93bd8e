"""The week as people read it: a mail (:func:`compose`), and the same sections for the page (:func:`sections`)."""

from __future__ import annotations

from monitor.letter.medium import Medium
from monitor.letter.mime import compose, html
from monitor.letter.sections import explain, figure, footnotes, sections

__all__ = ["Medium", "compose", "explain", "figure", "footnotes", "html", "sections"]
