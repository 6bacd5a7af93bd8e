"""A message as the HTML of a mail: what to do stands right after what happened, since it is read on a telephone at night."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

from monitor.deliver.words import WORDS, Block

_BODY = "font-family:sans-serif;font-size:15px;line-height:1.6;max-width:640px;margin:0 auto;padding:12px 16px"
_BUTTON = "display:inline-block;padding:12px 24px;border-radius:6px;background:#155a92;color:#ffffff;text-decoration:none;font-weight:bold"
_LINK = "color:#155a92"
_SMALL = "margin:4px 0 12px;font-size:13px;color:#5b6572"


def html(title: str, blocks: Sequence[Block], alt: str, language: Literal["en", "ja"]) -> str:
    """Return a mail's HTML; ``alt``: what its picture ``cid:chart`` shows in words, '' for none. Nothing is loaded from elsewhere."""
    parts = [f'<h1 style="font-size:18px;line-height:1.4;margin:0 0 12px">{_shown(title)}</h1>']
    first = next((i for i, block in enumerate(blocks) if not block.actions), 0)
    for i, block in enumerate(blocks):
        if not block.actions:
            parts += _block(block, WORDS[language]["open"])
        if i == first:
            parts += [part for one in blocks if one.actions for part in _actions(one)]
            parts += [_picture(alt)] if alt else []
    body = "\n".join(parts)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f'<meta name="color-scheme" content="light"><title>{escape(title)}</title>'
    return (
        f'<!doctype html><html lang="{language}"><head>{head}</head>'
        f'<body style="margin:0;background:#ffffff;color:#1f2733"><div style="{_BODY}">\n{body}\n</div></body></html>\n'
    )


def _block(block: Block, opened: str) -> list[str]:
    lines = [_linked(line, block.link(i), opened) for i, line in enumerate(block.lines)]
    if not block.heading:
        return [f'<p style="margin:8px 0">{line}</p>' for line in lines]
    items = "".join(f'<li style="margin:2px 0">{line}</li>' for line in lines)
    heading = f'<h2 style="font-size:15px;margin:16px 0 4px">{escape(block.heading)}</h2>'
    return [f'{heading}<ul style="margin:0;padding-left:20px">{items}</ul>']


def _actions(block: Block) -> list[str]:
    """The first link as a button that a thumb hits, the others beside it, and what is said about them below."""
    links, notes = list[str](), list[str]()
    for i, line in enumerate(block.lines):
        to = block.link(i)
        if to:
            aside = f"{_LINK};display:inline-block;padding:12px {16 if links else 0}px"
            style = _BUTTON if not links and len(block.lines) > 1 else aside
            links.append(f'<a href="{escape(to, quote=True)}" style="{style}" rel="noreferrer">{_shown(line)}</a>')
        else:
            notes.append(f'<p style="{_SMALL}">{_shown(line)}</p>')
    return [f'<p style="margin:12px 0 4px">{" ".join(links)}</p>', *notes]


def _picture(alt: str) -> str:
    style = "max-width:100%;height:auto"
    return f'<p><img src="cid:chart" alt="{escape(alt, quote=True)}" width="600" style="{style}"></p>'


def _linked(line: str, to: str, opened: str) -> str:
    if not to:
        return _shown(line)
    return f'{_shown(line)} · <a href="{escape(to, quote=True)}" style="{_LINK}" rel="noreferrer">{escape(opened)}</a>'


def _shown(text: str) -> str:
    return f'<bdi dir="auto">{escape(text)}</bdi>'
