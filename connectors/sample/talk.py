"""What ordinary days bring: lines of the corpus become conversations with answers, delays and second thoughts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log
from random import Random
from typing import Any

from connectors.sample.book import Speaker, Step, Thread
from connectors.sample.clock import after_work, is_open, local, local_day
from connectors.sample.corpus import Line, Writer, phrases
from connectors.sample.people import Cast
from monitor.types import Author, Post

ASKING = frozenset({"complaint", "question", "request", "safety", "leaving"})
_ACCOUNT = {"@": "@mirai_denki ", "h": "@mirai_home_en ", "-": "", "r": "", "c": ""}
# share of lines that get their written answer; what only names the brand is answered less often
_ANSWERED = {"@": 0.84, "h": 0.86, "-": 0.62, "r": 0.88, "c": 0.85}
_AGE = re.compile(r"^(-?\d+)([mh])$")
_DAY = re.compile(r"^-(\d+)d (\d+):(\d+)$")
_MINUTE = timedelta(minutes=1)
# an answer that can be tried, and words that belong to an hour of the day or come only after days
_TRY = re.compile(
    r"試し|みてください|クエン酸|長押し|ご確認ください|ご使用ください|\btry\b|\bhold\b|wipe|press|switch", re.IGNORECASE
)
_HOURS = (
    (re.compile(r"おはよう|今朝|朝から|朝活|寝坊|出社|朝ごはん|朝パン|湯気で起き|morning"), (6, 10)),
    (re.compile(r"お昼|昼休み|会議"), (11, 15)),
    (re.compile(r"残業|今夜|夜中|深夜|もう夜|19時回り|寝る|夜食|原稿"), (19, 24)),
    (re.compile(r"9pm here"), (5, 7)),
)
_LATER = re.compile(
    r"届きました|届いた|届いてま|受け取り|送ってもらえ|返金確認|\d日経|丸1日|arrived|received|swapped|Lid's here|came and went"
    r"|confirmed, thank|days ago|今朝また|今日また|回目で|boil six|復活|15時に着信|25分後|Ordered|ships? Monday|approves"
)


@dataclass(slots=True)
class Talk:
    """Makes conversations; ``accounts`` is drawn from for authors, ``writer`` for words."""

    rng: Random
    writer: Writer
    cast: Cast
    now: datetime
    _decks: dict[str, Iterator[Line]] = field(default_factory=dict)

    def deal(self, lang: str, lines: Iterable[Line]) -> Line:
        """Return the next line of a shuffled deck; in later rounds only lines that can be said another way."""
        if lang not in self._decks:
            self._decks[lang] = self._rounds(list(lines))
        return next(self._decks[lang])

    def _rounds(self, lines: list[Line]) -> Iterator[Line]:
        while True:
            yield from self.rng.sample(lines, len(lines))
            lines = [line for line in lines if line.varies]

    def thread(self, line: Line, at: datetime, *, root: Post | None = None) -> Thread | None:
        """Plan the conversation that a line begins at ``at``; ``None`` when all its wordings are used up."""
        network = root.network if root else "reddit" if line.place == "r" else "x"
        slots = self.writer.products()
        before = _ACCOUNT[line.place] if network == "x" else ""
        if root is not None and network == "x":
            before = f"@{root.author.handle} "
        template = line.text
        if before and before.strip() in line.text:
            before = ""
        if line.place == "-":
            template = self.writer.named(template, line.lang)
        text = self.writer.say(template, slots, lang=line.lang, before=before, tails=line.kind != "spam")
        if text is None:
            return None
        author = self.cast.customer(network, line.lang, new=line.kind == "spam")
        asks = line.kind in ASKING or (line.kind == "irony" and bool(line.answer))
        first = Step(by="c", text=text, at=at, asks=asks)
        thread = Thread(
            author=author, network=network, lang=line.lang, steps=[first], root=root, spam=line.kind == "spam"
        )
        if line.answer and self.rng.random() < (1.0 if line.kind == "safety" else _ANSWERED[line.place]):
            self._answer(thread, line, slots)
        return thread

    def _answer(self, thread: Thread, line: Line, slots: dict[str, str]) -> None:
        first = thread.steps[0]
        answered = self._reply_at(first.at, urgent=line.kind == "safety")
        self._while_waiting(thread, answered, line, slots)
        if not self._brand_says(thread, line.answer, answered, slots):
            return
        if line.again and not line.then:
            if self.rng.random() < 0.75:  # the rest of these promises is not kept
                self._brand_says(thread, line.again, after_work(answered, self.rng.uniform(240, 600)), slots)
            return
        if line.then and self.rng.random() < 0.8:
            self._customer_says(thread, line.then, slots, asks=bool(line.again))
        elif line.kind in ASKING and not line.then:
            self._reaction(thread, line, slots)
        last = thread.steps[-1]
        if last.by == "c" and last.asks and self.rng.random() < 0.92:
            again = line.again or self.rng.choice(self._phrases("again", line.lang))
            self._brand_says(thread, again, self._reply_at(last.at), slots)

    def _reaction(self, thread: Thread, line: Line, slots: dict[str, str]) -> None:
        chance = self.rng.random()
        pools = [
            "thanks",
            *(["fixed"] * 2 if _TRY.search(line.answer) else []),
            *(["sent"] * 2 if "DM" in line.answer else []),
        ]
        if chance < 0.26:
            self._customer_says(thread, self.rng.choice(self._phrases(self.rng.choice(pools), line.lang)), slots)
        elif chance < 0.4 and "fixed" in pools:
            self._customer_says(thread, self.rng.choice(self._phrases("still", line.lang)), slots, asks=True)

    def _while_waiting(self, thread: Thread, answered: datetime, line: Line, slots: dict[str, str]) -> None:
        first = thread.steps[0]
        if thread.network != "x" or line.place == "-" or not first.asks:
            return
        lunch = (first.at.hour + 9) % 24 == 12
        if not is_open(first.at) and not lunch and self.rng.random() < 0.25:
            words = self.writer.pick("machine", slots, lang=line.lang)
            if words:
                at = first.at + timedelta(seconds=self.rng.randrange(35, 100))
                thread.steps.append(Step(by="m", text=words, at=at))
        second = first.at + self.rng.uniform(4, 25) * _MINUTE
        if second < answered and self.rng.random() < 0.08:
            self._customer_says(
                thread, self.rng.choice(self._phrases("second", line.lang)), slots, at=second, asks=True
            )

    def _brand_says(self, thread: Thread, template: str, at: datetime, slots: dict[str, str]) -> bool:
        signed = template + ("" if "{op}" in template else "{sign}") if thread.lang == "ja" else template
        to = f"@{thread.author.handle} " if thread.network == "x" else ""
        text = self.writer.say(signed, slots, lang=thread.lang, before=to, tails=False)
        if text is None:
            return False
        thread.steps.append(Step(by="b", text=text.removeprefix(to), at=at))
        return True

    def _customer_says(
        self, thread: Thread, template: str, slots: dict[str, str], *, at: datetime | None = None, asks: bool = False
    ) -> bool:
        if at is None:
            minutes = min(max(self.rng.lognormvariate(log(45), 1.2), 2), 2000)
            at = _awake(self.rng, thread.steps[-1].at + minutes * _MINUTE, thread.lang)
            if _LATER.search(template):
                at += timedelta(days=self.rng.choice((1, 2, 2, 3)))
            at = fitting(self.rng, template, at)
        before = "" if thread.network == "reddit" else "@mirai_home_en " if thread.lang == "en" else "@mirai_denki "
        text = self.writer.say(template, slots, lang=thread.lang, before=before, tails=False)
        if text is not None:
            thread.steps.append(Step(by="c", text=text, at=at, asks=asks))
        return text is not None

    def _reply_at(self, asked: datetime, *, urgent: bool = False) -> datetime:
        if urgent:
            return after_work(asked, self.rng.uniform(4, 22))
        if self.rng.random() < 0.16:
            return after_work(asked, self.rng.uniform(150, 700))
        return after_work(asked, min(max(self.rng.lognormvariate(log(30), 0.75), 3), 140))

    @staticmethod
    def _phrases(name: str, lang: str) -> tuple[str, ...]:
        return phrases(f"{name}_{lang}")

    def scripted(self, script: dict[str, Any]) -> Thread:
        """Plan a conversation that is written out post by post."""
        network, lang = script.get("net", "x"), script.get("lang", "ja")
        handle, name, followers = script["who"]
        author: Author = self.cast.person(network, handle, name, followers)
        at = moment(script["at"], self.now)
        steps: list[Step] = []
        for entry in script["posts"]:
            by: Speaker = "c" if "c" in entry else "b" if "b" in entry else "m"
            if "at" in entry:
                at = moment(entry["at"], self.now)
            elif "work" in entry:
                at = after_work(at, entry["work"])
            elif "after" in entry:
                at += entry["after"] * _MINUTE
            if steps and at <= steps[-1].at:
                break
            step = Step(by=by, text=entry[by], at=at, asks=by == "c")
            step.was = entry.get("was")
            step.edited_at = at + entry["edit_after"] * _MINUTE if "edit_after" in entry else None
            step.deleted_at = at + entry["deleted_after"] * _MINUTE if "deleted_after" in entry else None
            step.seen_at = at + entry["seen_after"] * _MINUTE if "seen_after" in entry else None
            steps.append(step)
        if steps[-1].by == "c" and any(step.by == "b" for step in steps) and script["key"] != "promise-broken":
            steps[-1].asks = False
        self.writer.keep([step.text for step in steps if step.by == "c"])
        return Thread(author=author, network=network, lang=lang, steps=steps, kept=True)


def moment(text: str, now: datetime) -> datetime:
    """An instant before ``now``: ``-40m``, ``-5h``, or ``-12d 13:05``, the wall time of a day in Tokyo."""
    if age := _AGE.match(text):
        return now + int(age[1]) * (_MINUTE if age[2] == "m" else 60 * _MINUTE)
    day = _DAY.match(text)
    if day is None:
        raise ValueError(f"not a moment: {text!r}")
    return local(local_day(now) - timedelta(days=int(day[1])), int(day[2]), int(day[3]))


def fitting(rng: Random, text: str, at: datetime) -> datetime:
    """The instant, or a later one of an hour in Tokyo at which one says such a thing."""
    for words, (first, last) in _HOURS:
        if words.search(text) and not first <= (at.hour + 9) % 24 < last:
            chosen = local(local_day(at), rng.randrange(first, last), rng.randrange(60), rng.randrange(60))
            return chosen if chosen >= at else chosen + timedelta(days=1)
    return at


def _awake(rng: Random, at: datetime, lang: str) -> datetime:
    hour = (at.hour + 9) % 24
    return at + rng.uniform(300, 420) * _MINUTE if lang == "ja" and 1 <= hour < 6 else at
