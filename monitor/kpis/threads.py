"""What happens after an answer: thanks or complaint, steps towards a solution, talk in both directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.kpi import AUDIT, Verdict, asks_dm, draw, mean_of, satisfaction, sent_dm, share_of, verdict
from monitor.kpis.known import Known
from monitor.kpis.rules import reference, words
from monitor.report import Span
from monitor.statistics import SMALL, wilson
from monitor.store import Store
from monitor.store.kpi_turns import NEVER
from monitor.store.kpis import codes
from monitor.text import language
from monitor.timing import DAY

LISTED = 20
JUDGED_FOR = 91 * DAY  # people's words on the proxy count for a quarter
_NO_TALK = frozenset(("spam", "dismissed:spam", "history"))
_QUESTIONS = frozenset(("question", "reads_question"))
_STEPS = {
    "asked": words("questions that needed an answer", "返信が必要な質問"),
    "answered": words("… answered", "うち返信済み"),
    "wrote_back": words("… author wrote again", "うち本人が再び投稿"),
    "confirmed": words("… with thanks or “solved”", "うち感謝・解決の言葉あり"),
    "dm_asked": words("answers that ask for a direct message", "DMをお願いした返信"),
    "dm_confirmed": words("… author says it was sent", "うち本人が送信を表明"),
}


class Threads:
    """The conversations in which a turn began in the week, read once, with what was said in them."""

    def __init__(self, known: Known) -> None:
        self._known, self._turns = known, known.turns()
        span = known.span
        self._of = self._turns.around(span.start, span.end)
        began = [turn for many in self._of.values() for turn in many if span.start <= turn["started_at"] < span.end]
        began.sort(key=lambda turn: (turn["started_at"], turn["cid"]))
        self._asked = [turn for turn in began if turn["needs_reply"] and turn["excluded"] is None]
        self._next = {i: self._after(turn) for i, turn in enumerate(self._asked)}
        last: dict[int, int] = {}
        for turn in began:
            if turn["excluded"] not in _NO_TALK and self._follows_answer(turn):
                last[turn["cid"]] = turn["last_pid"]  # in order of time: the last stays
        self._last = last
        answers = {turn["answer_pid"] for turn in self._asked} - {None}
        nexts = {turn["last_pid"] for turn in self._next.values() if turn is not None}
        self._said = self._turns.said({*last.values(), *answers, *nexts})
        self._read: dict[int, Verdict] = {}

    def _after(self, turn: Any) -> Any | None:  # noqa: ANN401 - a row
        """The customer's turn after the answer to this one."""
        at = turn["answered_at"]
        if at is None:
            return None
        return next((one for one in self._of[turn["cid"]] if one["started_at"] >= at), None)

    def _follows_answer(self, turn: Any) -> bool:  # noqa: ANN401 - a row
        at = turn["started_at"]
        return any(one["answered_at"] is not None and one["answered_at"] <= at for one in self._of[turn["cid"]])

    def _verdict(self, pid: int) -> Verdict | None:
        """How a post reads; ``None`` for one that is gone: nobody can judge it."""
        if pid not in self._read:
            text = self._said[pid]["text"]
            if text is None:
                return None
            self._read[pid] = verdict(text, language(text))
        return self._read[pid]

    def judged(self) -> list[tuple[Any, Verdict | None]]:
        """Return the last post of each thread whose author wrote in the week after an answer, and how it reads."""
        return [(_of(self._said[pid], cid), self._verdict(pid)) for cid, pid in self._last.items()]

    def proxy(self, until: int) -> dict[str, Any]:
        """Return the satisfaction proxy, how often people who checked agree with it, and the size of its sample.

        ``until`` is when the brand was last watched, in epoch seconds: people's words count for a quarter before it.
        """
        known, found = self._known, self.judged()
        counts = Counter(read for _, read in found)
        kinds: tuple[Verdict, ...] = ("thanked", "complaining", "neither")
        thanked, complaining, neither = (counts[kind] for kind in kinds)
        figure = satisfaction(thanked, complaining, neither, missing=counts[None])
        readable = [row["id"] for row, read in found if read is not None]
        shown = set(draw(readable, known.week, 3))
        said = known.store.kpis.audited(known.brand, until - JUDGED_FOR, known.as_of)
        return figure.as_dict() | {
            "thanked": thanked,
            "complaining": complaining,
            "neither": neither,
            "agreement": agreement(said),
            "sample": min(AUDIT, len(readable)),
            "posts": [reference(row) | {"verdict": read} for row, read in found if row["id"] in shown],
        }

    def sample(self) -> list[dict[str, Any]]:
        """Return the posts that people check: the same 30 (or all) for everybody, with what the rule read."""
        known = self._known
        found = {row["id"]: (row, read) for row, read in self.judged() if read is not None}
        said = {row["id"]: row for row in known.store.kpis.audited(known.brand, 0, known.as_of)}
        rows = []
        for key in draw(found, known.week, AUDIT):
            row, read = found[key]
            word = said.get(key)
            shown = reference(row) | {"pid": row["pid"], "verdict": read}
            rows.append(shown | {"agrees": None if word is None else bool(word["agrees"])})
        return rows

    def steps(self) -> dict[str, Any]:
        """Return the micro-conversions: turns that began in the week, each step with its number and its posts."""
        found: dict[str, list[int]] = {name: [] for name in _STEPS}
        reasons = self._turns.reasons(turn["start_pid"] for turn in self._asked)
        for i, turn in enumerate(self._asked):
            after = self._next[i]
            if _is_question(reasons.get(turn["start_pid"])):
                self._question(turn, after, found)
            answer = self._said.get(turn["answer_pid"])
            if answer is not None and answer["text"] is not None and asks_dm(answer["text"]):
                found["dm_asked"].append(turn["answer_pid"])
                text = None if after is None else self._said[after["last_pid"]]["text"]
                if after is not None and text is not None and sent_dm(text):
                    found["dm_confirmed"].append(after["last_pid"])
        posts = self._turns.said(pid for pids in found.values() for pid in pids[:LISTED])
        return {
            "metric": "micro_conversions",
            "steps": [
                {
                    "name": name,
                    "words": said,
                    "n": len(found[name]),
                    "posts": [posts[pid]["id"] for pid in found[name][:LISTED]],
                }
                for name, said in _STEPS.items()
            ],
        }

    def _question(self, turn: Any, after: Any, found: Mapping[str, list[int]]) -> None:  # noqa: ANN401 - rows
        found["asked"].append(turn["start_pid"])
        if turn["answered_at"] is None:
            return
        found["answered"].append(turn["start_pid"])
        if after is None:
            return
        found["wrote_back"].append(after["last_pid"])
        if self._verdict(after["last_pid"]) == "thanked":
            found["confirmed"].append(after["last_pid"])

    def mutual(self) -> dict[str, Any]:
        """Return the share of answered threads in which the author spoke again."""
        back: dict[int, bool] = {}
        for i, turn in enumerate(self._asked):
            if turn["answered_at"] is not None:
                back.setdefault(turn["cid"], self._next[i] is not None)
        return share_of("mutual_rate", sum(back.values()), len(back)).as_dict()

    def depth(self, until: int) -> dict[str, Any]:
        """Return the customer's turns, until an instant, per conversation that began in the week."""
        conversations = turns = 0
        for many in self._of.values():
            told = [turn for turn in many if turn["started_at"] <= until and turn["excluded"] not in _NO_TALK]
            if told and told[0]["started_at"] >= self._known.span.start:
                conversations += 1
                turns += len(told)
        return mean_of("turns_per_conversation", turns, conversations).as_dict()

    def standing(self, rows: Sequence[Any]) -> list[tuple[bool, bool]]:
        """Return of posts (``cid``, ``created_at``) whether their turn needs an answer, and whether it has one."""
        elsewhere = {row["cid"] for row in rows} - set(self._of) - {None}
        turns = self._of | self._turns.of(elsewhere)
        found = []
        for row in rows:
            at = row["created_at"]
            mine = [one for one in turns.get(row["cid"], ()) if one["started_at"] <= at <= one["last_at"]]
            answered = any(one["answered_at"] is not None for one in mine)
            found.append((any(one["needs_reply"] for one in mine), answered))
        return found


def _of(row: Any, cid: int) -> dict[str, Any]:  # noqa: ANN401 - a database row
    names = ("pid", "id", "text", "url", "created_at", "handle")
    return {name: row[name] for name in names} | {"cid": cid}


def _is_question(reasons: str | None) -> bool:
    # most have none of the words, and JSON is slow to read
    return reasons is not None and "question" in reasons and bool(codes(reasons) & _QUESTIONS)


def agreement(rows: Iterable[Any]) -> dict[str, Any]:
    """Return how often people agree with what the rule read: one word of one person on one post counts once."""
    said = [bool(row["agrees"]) for row in rows]
    n, agreed = len(said), sum(said)
    interval = wilson(agreed, n)
    return {
        "n": n,
        "agreed": agreed,
        "value": agreed / n if n else None,
        "interval": None if interval is None else list(interval),
        "small": n < SMALL,
    }


def audit_sample(store: Store, brand: str, span: Span, week: str) -> list[dict[str, Any]]:
    """Return the posts of a week that people check, as they are now; see :meth:`Threads.sample`."""
    now = {"as_of": NEVER, "now": NEVER}
    return Threads(Known(store=store, brand=brand, zone="", model="", week=week, span=span, **now)).sample()
