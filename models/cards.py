"""Puts what was measured into a page, between marks, so that no figure is copied by hand."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs" / "models.md"
_BEGIN, _END = "<!-- measured: {} -->", "<!-- end of {} -->"


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of that name; without marks they are added at the end of the page."""
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    begin, end = _BEGIN.format(name), _END.format(name)
    if begin not in whole:
        whole = f"{whole.rstrip()}\n\n{begin}\n{end}\n".lstrip()
    before, _, rest = whole.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
