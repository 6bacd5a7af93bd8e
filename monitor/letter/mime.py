"""The week as a mail: text, HTML with its styles in every element, and pictures that travel along. The same input gives the same bytes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import css_inline

from monitor import charts, digest
from monitor.display import visible
from monitor.letter.medium import Medium
from monitor.letter.sections import cid, context, environment, footnotes, sections
from monitor.say import Say

_HERE = Path(__file__).parent / "templates"
MAIL = SMTP.clone(cte_type="7bit")


def compose(
    figures: Mapping[str, Any],
    language: str,
    *,
    sender: str,
    to: str,
    base_url: str | None,
    message_id: str,
    date: datetime,
) -> EmailMessage:
    """Return a brand's week as a mail in ``en`` or ``ja``.

    ``figures`` is the week as the digest gives it, ``base_url`` the address of the pages (without one the mail has no
    links), ``message_id`` is complete with its angle brackets. Raises ``ValueError`` for a header of more than one line
    and for a ``date`` without a zone. Draws the pictures: seconds the first time in a process.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail needs a zone")
    for name, value in (("sender", sender), ("to", to), ("message_id", message_id)):
        if visible(value) != value or not value:
            raise ValueError(f"{name} must be one line without control characters: {value!r}")
    say = Say.of(language)
    message = EmailMessage(policy=MAIL)
    message["Subject"] = visible(digest.subject(figures, say.language))
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(digest.text(figures, say.language), cte="base64")
    pictures = {name: charts.png(chart, say.language) for name, chart in drawn(figures).items()}
    message.add_alternative(html(figures, say.language, base_url or ""), subtype="html", cte="base64")
    page = message.get_payload()[1]  # type: ignore[index]
    for name, picture in pictures.items():
        page.add_related(picture, "image", "png", cid=f"<{cid(name)}>", filename=f"{name}.png", disposition="inline")  # type: ignore[union-attr]
    message["Content-Language"] = say.language  # last: the parts take what is set before them
    _settle(message, message_id)
    return message


def drawn(figures: Mapping[str, Any]) -> dict[str, charts.Chart]:
    """Return the pictures that a mail carries: one for each section."""
    found = charts.of_week(figures)
    engaging = [name for name in found if name.startswith("engagement-")]
    return {name: chart for name, chart in found.items() if name != "within_target" and name not in engaging[1:]}


def html(figures: Mapping[str, Any], language: str, base_url: str) -> str:
    """Return the mail's HTML: its styles stand in the elements, and nothing is loaded from elsewhere."""
    medium = Medium(name="mail", base=base_url)
    pictures = drawn(figures)
    own = f"/week?brand={quote(figures['brand'], safe='')}&week={figures['week']}"
    values = context(figures, language, medium, pictures) | {
        "subject": visible(digest.subject(figures, language)),
        "sections": sections(figures, language, medium, pictures),
        "notes": footnotes(figures, language),
        "own": own,
    }
    page = environment().get_template("letter.html").render(values)
    inlined = _inliner().inline(page)
    # media queries cannot stand in an element; they come last, so that nothing inlines them
    return inlined.replace("</head>", f"<style>{_sheet('mail_late.css')}</style></head>", 1)


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, extra_css=_sheet("mail.css"))


@functools.cache
def _sheet(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _settle(message: EmailMessage, message_id: str) -> None:
    """Give every multipart a boundary of its own that follows from the message's name instead of from chance."""
    mark = hashlib.sha256(message_id.encode()).hexdigest()[:24]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{mark}_{number}")
