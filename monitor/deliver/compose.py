"""Writes the message of an occasion for one channel: title first, what, since when, who says it, for and against, who is on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from monitor.deliver import words as say
from monitor.deliver.kit import Kit, Language, Picture
from monitor.deliver.markup import html
from monitor.deliver.words import WORDS, Block
from monitor.display import visible
from monitor.evidence import LEVEL_NAMES, untimed
from monitor.handling import fold
from monitor.notify import Kind, Message
from monitor.notify.mail import domain_of, headed, wire
from monitor.phrases import Number
from monitor.rota import Roster, next_line, on_duty
from monitor.store import Store
from monitor.store.deliveries import missed_in, named_in
from monitor.timing import from_epoch

ABOUT_ALERTS = ("opened", "raised", "unanswered", "handed_over", "closed")
CAN_ACKNOWLEDGE = ("opened", "raised", "unanswered", "handed_over")
REACHED = ("sent", "unknown")
KINDS: dict[str, Kind] = {"watch": "info", "warning": "warning", "emergency": "failure"}
Row = Any  # a database row


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message, the posts that it quotes, and the token of its one-time link ('' for none)."""

    message: Message
    posts: tuple[str, ...] = ()
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    title: str
    blocks: tuple[Block, ...]
    short: str = ""
    posts: tuple[str, ...] = ()
    token: str = ""
    picture: Picture | None = None
    kind: Kind = "info"


class Composer:
    """Reads what is known now; the same facts give the same words."""

    def __init__(self, store: Store, kit: Kit, now: Callable[[], datetime], token: Callable[[], str]) -> None:
        self._store = store
        self._kit = kit
        self._now = now
        self._token = token

    def compose(self, occasion: Row, channel: str, maybe: Sequence[str] = ()) -> Composed | None:
        """Return the message; ``maybe`` names channels by which it may have come. ``None``: there is nothing to say yet."""
        language = self._kit.language_of(channel)
        if occasion["what"] == "digest":
            return self._digest(occasion, channel, language)
        if occasion["what"] == "summary":
            draft = self._summary(occasion, language)
        elif occasion["what"] == "test":
            words = WORDS[language]
            body = words["test_body"].format(channel=channel)
            draft = _Draft(
                title=say.one_line(words["test"].format(channel=channel)), blocks=(Block(heading="", lines=(body,)),)
            )
        else:
            draft = self._alert(occasion, language)
        return self._written(occasion, channel, language, draft, maybe)

    def _written(
        self, occasion: Row, channel: str, language: Language, draft: _Draft, maybe: Sequence[str]
    ) -> Composed:
        words, blocks = WORDS[language], draft.blocks
        if maybe:
            line = words["maybe"].format(channels=words["list"].join(maybe))
            blocks = (Block(heading="", lines=(line,)), *blocks)
        text = say.plain_text(blocks, words["mark"])
        mime = ""
        if self._kit.mailbox(channel):
            mime = self._mail(occasion, channel, draft, blocks, text)
        png = draft.picture.png if draft.picture else b""
        words_of = {"title": draft.title, "text": text, "short": draft.short, "mime": mime}
        message = Message(**words_of, picture=png, kind=draft.kind, incident=self._incident(occasion))
        return Composed(message=message, posts=draft.posts, token=draft.token)

    # -- alerts --

    def _alert(self, occasion: Row, language: Language) -> _Draft:
        alert = self._store.handling.alert(occasion["alid"])
        evidence = json.loads(alert["evidence"])
        words, what = WORDS[language], occasion["what"]
        level = alert["level"] if what == "closed" else occasion["level"]
        plain = f"[{LEVEL_NAMES[language][level]}] {alert['brand']}"
        title = say.titled(str(evidence.get("title", {}).get(language) or plain), alert["brand"], level, language, what)
        blocks = [Block(heading="", lines=self._what(occasion, alert, language))]
        posts = self._store.handling.posts(evidence.get("posts", [])[:3])
        if what != "closed":
            against = tuple(evidence.get("against", {}).get(language, ())) or (words["nothing_against"],)
            blocks += [
                _posts(posts, words),
                Block(heading=words["for"], lines=tuple(evidence.get("for", {}).get(language, ()))),
                Block(heading=words["against"], lines=against),
            ]
        who = self._who(occasion, alert, language)
        blocks += [Block(heading=words["duty"], lines=who)] if who else []
        token = self._token() if what in CAN_ACKNOWLEDGE and self._kit.rules.address else ""
        links = self._links(alert["alid"], token, words, what)
        picture, missing = self._drawn(alert, language) if what != "closed" else (None, [])
        blocks += [Block(heading="", lines=(words["no_chart"],)) for _ in missing]
        quotes = tuple(post["id"] for post in posts) if what != "closed" else ()
        short = " ".join([title, *(f"{self._kit.rules.address}/acknowledge?token={token}",)]) if token else title
        kind: Kind = "success" if what == "closed" else KINDS[level]
        return _Draft(
            title=title,
            blocks=(*blocks, *links),
            short=short,
            posts=quotes,
            token=token,
            picture=picture,
            kind=kind,
        )

    def _drawn(self, alert: Row, language: Language) -> tuple[Picture | None, list[str]]:
        """Draw the alert's day; an alert without its picture is better than none, and says that it is missing."""
        try:
            return self._kit.draw(alert, language), []
        except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
            return None, [type(error).__name__]

    def _what(self, occasion: Row, alert: Row, language: Language) -> tuple[str, ...]:
        words, zone, now = WORDS[language], self._kit.zones.get(alert["brand"], "UTC"), self._now()
        start, end = (say.clock(from_epoch(alert[name]), zone, now) for name in ("start_at", "end_at"))
        lines = [
            say.size(alert, language),
            words["since" if alert["state"] == "open" else "was"].format(start=start, end=end),
        ]
        if occasion["what"] == "raised":
            lines.insert(0, words["risen"].format(level=LEVEL_NAMES[language][occasion["level"]]))
        detail = json.loads(occasion["detail"] or "{}")
        if occasion["what"] == "unanswered":
            told = words["list"].join(detail.get("told", []))
            lines.insert(0, words["too_late"].format(people=told, minutes=Number(detail.get("minutes", 0))))
        if occasion["what"] == "handed_over":
            lines.insert(0, words["by_whom"].format(actor=visible(detail.get("actor", ""))))
            if detail.get("note"):
                lines.insert(1, words["note"].format(note=visible(detail["note"])[:500]))
        return tuple(lines)

    def _who(self, occasion: Row, alert: Row, language: Language) -> tuple[str, ...]:
        words = WORDS[language]
        standing = fold(self._store.handling.facts([alert["alid"]])[alert["alid"]])
        roster = on_duty(self._kit.duties, alert["brand"], self._now())
        people = words["list"].join(duty.who for duty in roster.people)
        line = "hole" if roster.hole else "on_duty"
        lines = [words[line].format(people=people)] if people and occasion["what"] != "closed" else []
        if standing.state == "no_crisis":
            lines.append(words["verdict"].format(who=standing.settled_by))
        elif standing.owner:
            lines.append(words["owner"].format(owner=standing.owner))
        elif standing.acknowledged_by:
            lines.append(words["acknowledged"].format(who=standing.acknowledged_by))
        elif occasion["what"] != "closed":
            lines.append(words["nobody_yet"])
            seconds = self._kit.rules.acknowledge.of(occasion["level"])
            if seconds and len(self._kit.duties) > 1:
                minutes = Number(max(1, round(seconds / 60)))
                is_last = self._is_last(occasion, alert, roster)
                lines.append(words["nobody_next"] if is_last else words["next"].format(minutes=minutes))
        return tuple(lines)

    def _is_last(self, occasion: Row, alert: Row, roster: Roster) -> bool:
        """Whether nobody is left to be told after those to whom this occasion goes first."""
        duties, brand = self._kit.duties, alert["brand"]
        mine = [duty for duty in duties if not duty.brands or brand in duty.brands] or list(duties)
        told = {line[0][0] for line in json.loads(occasion["plan"] or "[]") if line}
        told |= {row["who"] for row in self._store.deliveries.about(alert["alid"]) if row["state"] in REACHED}
        return not next_line(roster, mine, told)

    def _links(self, alid: int, token: str, words: dict[str, str], what: str) -> list[Block]:
        address = self._kit.rules.address
        if not address:
            how = (words["no_link"].format(number=alid),)
            return [Block(heading="", lines=how)] if what in CAN_ACKNOWLEDGE else []
        lines = ([words["acknowledge"]] if token else []) + [words["details"]] + ([words["link_note"]] if token else [])
        links = ([f"{address}/acknowledge?token={token}"] if token else []) + [f"{address}/alerts/{alid}", ""]
        return [Block(heading="", lines=tuple(lines), links=tuple(links), actions=True)]

    # -- summary, digest --

    def _summary(self, occasion: Row, language: Language) -> _Draft:
        words, now = WORDS[language], self._now()
        zone = self._kit.zones.get(occasion["brand"], "UTC")
        lines, links, missed = [], [], missed_in(occasion)
        alids = named_in(occasion)[0]
        for alid in alids:
            alert = self._store.handling.alert(alid)
            end = say.clock(from_epoch(alert["end_at"]), zone, now)
            state = words["going_on"] if alert["state"] == "open" else words["over"].format(end=end)
            title = say.one_line(str(json.loads(alert["evidence"]).get("title", {}).get(language) or alert["brand"]))
            title = untimed(title)
            start = say.clock(from_epoch(alert["start_at"]), zone, now)
            mark = " †" if alid in missed else ""
            lines.append(words["summary_line"].format(start=start, title=title, state=state) + mark)
            links.append(f"{self._kit.rules.address}/alerts/{alid}" if self._kit.rules.address else "")
        key = ("summary_late" if missed else "summary") + ("_one" if len(lines) == 1 else "")
        title = words[key].format(brand=occasion["brand"], n=len(lines))
        notes = [words["summary_missed"]] if missed else []
        notes += [words["summary_note"]] if set(alids) - missed else []
        blocks = (
            Block(heading="", lines=tuple(lines), links=tuple(links)),
            Block(heading="", lines=tuple(notes)),
        )
        return _Draft(title=say.one_line(title), blocks=blocks)

    def _digest(self, occasion: Row, channel: str, language: Language) -> Composed | None:
        message_id = self.message_id(occasion, channel)
        to = self._kit.mailbox(channel)
        letter = self._kit.write(occasion["brand"], occasion["detail"], language, to, message_id)
        if letter is None:
            return None
        message = Message(
            title=visible(letter.subject),
            text=letter.text,
            short=visible(letter.subject),
            mime=letter.mime,
            incident=self._incident(occasion),
        )
        return Composed(message=message)

    def _incident(self, occasion: Row) -> str:
        """Return what joins the messages about one alert, and no others, at services that keep incidents: a hash that names nobody."""
        about = occasion["occasion"] if occasion["alid"] is None else f"alert:{occasion['alid']}"
        made_of = f"{self._store.deliveries.installation()}|{about}"
        return hashlib.sha256(made_of.encode()).hexdigest()[:32]

    # -- mail --

    def message_id(self, occasion: Row, channel: str) -> str:
        """Return the Message-ID of an occasion's mail to a channel: the same whenever it is written, so that mail programs see a double."""
        made_of = f"{occasion['occasion']}|{occasion['at']}|{channel}|{self._kit.rules.address}"
        return f"<{hashlib.sha256(made_of.encode()).hexdigest()[:32]}@{domain_of(self._kit.mail.sender)}>"

    def _mail(self, occasion: Row, channel: str, draft: _Draft, blocks: Sequence[Block], text: str) -> str:
        mail = EmailMessage()
        mail.set_content(text)
        picture = draft.picture
        alt = picture.words if picture else ""
        mail.add_alternative(html(draft.title, blocks, alt, self._kit.language_of(channel)), subtype="html")
        if picture:
            page = mail.get_payload()[1]  # type: ignore[index]
            page.add_related(picture.png, "image", "png", cid="<chart>", filename="chart.png", disposition="inline")  # type: ignore[union-attr]
        headed(
            mail,
            subject=draft.title,
            sender=self._kit.mail.sender,
            to=self._kit.mailbox(channel),
            message_id=self.message_id(occasion, channel),
            at=from_epoch(occasion["at"]),
        )
        if occasion["alid"] is not None:
            root = hashlib.sha256(f"{occasion['alid']}|{self._kit.rules.address}".encode()).hexdigest()[:32]
            mail["References"] = f"<alert-{root}@{domain_of(self._kit.mail.sender)}>"
        if occasion["level"] == "emergency":
            mail["Importance"] = "high"
        return wire(mail)


def _posts(rows: Sequence[Row], words: dict[str, str]) -> Block:
    lines, links = [], []
    for row in rows:
        who = say.named(row["handle"], row["name"], str(row["id"]).partition(":")[0])
        lines.append(words["post"].format(who=who, text=say.quoted(row["text"])))
        links.append(say.safe(row["url"]))
    if not rows:
        lines.append(words["gone"])
    return Block(heading=words["posts"], lines=tuple(lines), links=tuple(links))
