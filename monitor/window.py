"""Reading a stream newest first without losing anything: time windows with overlap, and a ledger of what is unread.

"Newer than the newest id" loses posts that become visible late and everything between two pages when a poll dies. Here a
stream remembers up to when it was read (``done``), goes back a little at every poll (``overlap``) and far enough for
late posts every few minutes (``late``); the store tells posts that come again from new ones. What a poll leaves unread,
because its pages or the network's listing ran out, is a :class:`~monitor.types.Gap` and, where it can still be had, a
span that a later poll takes up.

Why nothing visible within ``late`` seconds is lost: a deep reading starts ``late`` before the previous one began. A post
that became visible after that one began was written at most ``late`` before, so the next deep reading covers it.

Pure rules: instants are UTC epoch seconds inside, aware datetimes outside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from monitor.connector import Target
from monitor.timing import from_epoch, to_epoch
from monitor.types import Gap, GapState

MOST_SPANS = 50  # unread spans that a stream remembers; older ones are given up, which is recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a stream is read, all in seconds.

    ``overlap``: read again at every poll. ``late``: how long after it was written a post may become visible; so far back
    every ``deep_every``. ``reach``: how far back the network serves it (``None``: everything).
    """

    overlap: int = 120
    late: int = 1800
    deep_every: int = 600
    reach: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One page to ask for: posts of ``stream`` in ``[start, end)``, newest first, from ``token`` (``None``: the first)."""

    stream: str
    start: datetime
    end: datetime
    token: str | None = None
    cause: str | None = None  # set while a gap is refilled


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    start: int
    end: int
    cause: str = ""  # empty: the ordinary reading of what is new
    tried: int = 0  # the poll that could not read it, so as not to ask twice in one


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What is remembered of a stream between polls."""

    done: int | None = None  # read up to here
    first: int | None = None  # and from here on, where that was noted
    deep: int | None = None  # when the last finished deep reading began
    reading: _Span | None = None
    deepens: bool = False  # whether the reading at hand is a deep one
    token: str | None = None
    low: int = 0  # the oldest instant that the reading has come to
    todo: tuple[_Span, ...] = ()  # unread spans that can still be had, newest first
    held: str | None = None  # why the stream is left alone
    until: int = 0


class Windows:
    """One poll's view of a source's streams; make it from the cursor, ask, answer, and put its results on the page.

    ``habits`` names the streams. Use: ``ask = windows.next()``; bring that page; then :meth:`answer`, or :meth:`hold`
    when this stream cannot be read now; then ``Page(posts=..., cursor=windows.cursor, gaps=windows.gaps,
    more=windows.more, complete_to=windows.complete_to, complete_from=windows.complete_from)``. ``next()`` is ``None`` when all is read.
    """

    def __init__(self, target: Target, cursor: str | None, habits: Mapping[str, Habits]) -> None:
        """Take up the streams where ``cursor`` left them. Raises ``ValueError`` for a cursor that is not of this class."""
        self._target = target
        self._habits = habits
        self._now = to_epoch(target.now)
        self._left = target.pages
        stored = json.loads(cursor) if cursor else {}
        self._memory: dict[str, str] = dict(stored.get("memory", {}))
        self._states = {name: _load(stored.get("streams", {}).get(name, {})) for name in habits}
        self._gaps: list[Gap] = []
        for name in habits:
            self._give_up(name)

    @property
    def memory(self) -> dict[str, str]:
        """Short texts that the connector wants to keep between polls (an account's id); change it in place."""
        return self._memory

    def next(self) -> Ask | None:
        """Return the page to ask for now; streams that are furthest behind come first, refills last."""
        if self._left is not None and self._left <= 0:
            return None
        behind = [name for name in self._states if self._is_behind(name)]
        if behind:
            # what was begun is ended first: its token may not live long
            return self._ask(min(behind, key=self._turn))
        for name, state in self._states.items():
            if self._is_free(state) and (state.reading is not None or self._open_spans(state)):
                return self._ask(name)
        return None

    def answer(
        self,
        ask: Ask,
        *,
        oldest: datetime | None,
        token: str | None,
        capped: bool = False,
        stuck: bool = False,
        cause: str = "unreadable",
    ) -> None:
        """Note what a page brought: its oldest post's instant and the token of the next page (``None``: there is none).

        ``oldest`` is the oldest in the listing's own order; a post that the network pins on top does not count.
        ``capped``: the network lists no more although older posts exist (800 mentions): the rest is lost. ``stuck``: its
        pages repeat or contradict themselves, or it broke off (``cause`` says which): the rest stays open.
        """
        state = self._states[ask.stream]
        reading = state.reading
        if reading is None:
            raise ValueError("answer without a question: call next() first")
        if self._left is not None:
            self._left -= 1
        low = max(reading.start, state.low if oldest is None else min(state.low, to_epoch(oldest)))
        ended = token is None or (oldest is not None and to_epoch(oldest) < reading.start)
        state = replace(state, token=token, low=low)
        if capped and not (oldest is not None and to_epoch(oldest) < reading.start):
            self._cut(ask.stream, state, "cap", "lost")
        elif ended:
            self._finish(ask.stream, state, reading.start)
        elif stuck:
            self._cut(ask.stream, state, cause, "open")
        elif self._left is not None and self._left <= 0:
            self._cut(ask.stream, state, "page_budget", "open")
        else:
            self._states[ask.stream] = state

    def hold(self, ask: Ask, cause: str, until: datetime) -> None:
        """Leave a stream alone until then (``rate_limit``, ``money``, ``not_allowed``); the others go on.

        The span that it misses meanwhile is an open gap, and is read once the stream is free again.
        """
        state = self._states[ask.stream]
        if state.reading is not None and state.reading.cause:
            state = self._set_aside(ask.stream, state)
        self._states[ask.stream] = replace(
            # one span has one cause, the first: a second one would leave the gap of the first open for good
            state,
            held=state.held or cause,
            until=to_epoch(until),
            reading=None,
            token=None,
        )

    @property
    def cursor(self) -> str:
        """What to remember, as JSON."""
        streams = {name: asdict(state) for name, state in self._states.items()}
        return json.dumps({"memory": self._memory, "streams": streams}, ensure_ascii=False, sort_keys=True)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What this page opened or closed in the ledger of gaps."""
        held = [
            self._gap(name, first, self._now, state.held, "open")
            for name, state in self._states.items()
            if state.held and self._now - (first := self._unread_from(state)) > self._habits[name].overlap
        ]
        return (*self._gaps, *held)

    def _unread_from(self, state: _State) -> int:
        """Return from when on nothing was read: the end of the last reading or, before the first, where it will begin."""
        if state.done is not None:
            return state.done
        since = self._now if self._target.since is None else min(self._now, to_epoch(self._target.since))
        return since - self._target.backfill

    @property
    def more(self) -> bool:
        """Whether this poll has more to read."""
        if self._left is not None and self._left <= 0:
            return False
        return any(
            self._is_behind(name)
            or (self._is_free(state) and (state.reading is not None or bool(self._open_spans(state))))
            for name, state in self._states.items()
        )

    @property
    def complete_to(self) -> datetime | None:
        """The instant up to which every stream was read; ``None`` while one never was."""
        done = [state.done for state in self._states.values()]
        known = [instant for instant in done if instant is not None]
        return from_epoch(min(known)) if known and len(known) == len(done) else None

    @property
    def complete_from(self) -> datetime | None:
        """The instant from which on every stream was read; ``None`` while one never was, or where that was not noted."""
        first = [state.first for state in self._states.values()]
        known = [instant for instant in first if instant is not None]
        return from_epoch(max(known)) if known and len(known) == len(first) else None

    @property
    def waits_until(self) -> datetime | None:
        """When the first held stream is free again; ``None`` unless all of them are held."""
        if not self._states or any(self._is_free(state) for state in self._states.values()):
            return None
        return from_epoch(min(state.until for state in self._states.values()))

    def _turn(self, name: str) -> tuple[bool, int]:
        state = self._states[name]
        begun = state.reading is not None and not state.reading.cause
        return not begun, -1 if state.done is None else state.done

    def _is_free(self, state: _State) -> bool:
        return state.held is None or state.until <= self._now

    def _is_behind(self, name: str) -> bool:
        state = self._states[name]
        begun = state.reading is not None and not state.reading.cause
        return self._is_free(state) and (begun or state.done is None or state.done < self._now)

    def _open_spans(self, state: _State) -> list[_Span]:
        return [span for span in state.todo if span.tried != self._now]

    def _ask(self, name: str) -> Ask:
        state = self._states[name]
        behind = state.done is None or state.done < self._now
        if state.reading is not None and state.reading.cause and behind:
            state = self._set_aside(name, state)
        if state.reading is None:
            state = self._begin(name, state) if behind else self._begin_refill(state)
        self._states[name] = state
        reading = state.reading
        if reading is None:
            raise AssertionError("a reading was just begun")
        return Ask(
            stream=name,
            start=from_epoch(reading.start),
            end=from_epoch(reading.end),
            token=state.token,
            cause=reading.cause or None,
        )

    def _begin(self, name: str, state: _State) -> _State:
        habits = self._habits[name]
        if state.done is None:
            start, deepens = self._unread_from(state), True
        else:
            last = state.done if state.deep is None else min(state.deep, state.done)
            deepens = state.deep is None or not 0 <= self._now - last < habits.deep_every
            start = min(last - habits.late, state.done - habits.overlap) if deepens else state.done - habits.overlap
        limit = start if habits.reach is None else self._now - habits.reach
        if start < limit:
            # from `start`, not from `done`: posts of then that became visible late are out of reach too
            first = start if self._target.since is None else max(start, to_epoch(self._target.since))
            self._note(name, first, limit, "reach", "lost")
            start = min(limit, self._now)
        return replace(state, reading=_Span(start=start, end=self._now), deepens=deepens, token=None, low=self._now)

    def _begin_refill(self, state: _State) -> _State:
        span = self._open_spans(state)[0]
        todo = tuple(other for other in state.todo if other is not span)
        return replace(state, reading=span, deepens=False, token=None, low=span.end, todo=todo)

    def _set_aside(self, name: str, state: _State) -> _State:
        # a refill at hand makes room: what it has read is read, the rest waits on
        span = state.reading
        if span is None:
            return state
        rest = replace(span, end=min(state.low + 1, span.end))
        self._note(name, rest.end, span.end, span.cause, "refilled")
        self._note(name, rest.start, rest.end, rest.cause, "open")
        return replace(state, reading=None, token=None, todo=(rest, *state.todo))

    def _cut(self, name: str, state: _State, cause: str, became: GapState) -> None:
        """End a reading before its start was reached: down to ``low`` it is read, the rest is a gap."""
        reading = state.reading
        if reading is None:
            raise AssertionError("no reading to cut")
        rest = _Span(
            start=reading.start,
            end=min(state.low + 1, reading.end),
            cause=reading.cause or f"{cause}:{name}",
            tried=self._now,
        )
        if became == "lost" and not reading.cause and state.done is not None:
            # what lies before `done` has been read once; only late posts of then are out of reach
            rest = replace(rest, start=min(max(rest.start, state.done - self._habits[name].late), rest.end))
        self._finish(name, state, rest.end)
        if rest.end <= rest.start:
            return
        self._note(name, rest.start, rest.end, rest.cause, became)
        if became == "open":
            now = self._states[name]
            self._states[name] = replace(now, todo=(rest, *now.todo))
            self._give_up(name)

    def _finish(self, name: str, state: _State, read_from: int) -> None:
        """End a reading that brought ``[read_from, end)``; unread spans inside it are read with it."""
        reading = state.reading
        if reading is None:
            raise AssertionError("no reading to finish")
        inside = [span for span in state.todo if read_from <= span.start and span.end <= reading.end]
        for span in inside:
            self._note(name, span.start, span.end, span.cause, "refilled")
        if reading.cause:
            self._note(name, read_from, reading.end, reading.cause, "refilled")
        elif state.held is not None:
            self._note(name, self._unread_from(state), reading.end, f"{state.held}:{name}", "refilled")
        todo = tuple(span for span in state.todo if span not in inside)
        state = replace(state, reading=None, token=None, todo=todo)
        if not reading.cause:
            deep = reading.end if state.deepens else state.deep
            if state.done is None:
                state = replace(state, first=reading.start)
            state = replace(state, done=reading.end, deep=deep, deepens=False, held=None, until=0)
        self._states[name] = state

    def _give_up(self, name: str) -> None:
        """Declare lost what the network no longer serves, and the oldest spans when there are too many to remember."""
        state, reach = self._states[name], self._habits[name].reach
        limit = None if reach is None else self._now - reach
        kept = []
        for place, span in enumerate(state.todo):
            if place >= MOST_SPANS or (limit is not None and span.end <= limit):
                self._note(name, span.start, span.end, span.cause, "lost")
            elif limit is not None and span.start < limit:
                self._note(name, span.start, limit, span.cause, "lost")
                self._note(name, limit, span.end, span.cause, "open")
                kept.append(replace(span, start=limit))
            else:
                kept.append(span)
        self._states[name] = replace(state, todo=tuple(kept))

    def _note(self, name: str, start: int, end: int, cause: str, became: GapState) -> None:
        if end > start:
            self._gaps.append(self._gap(name, start, end, cause, became))

    def _gap(self, name: str, start: int, end: int, cause: str, became: GapState) -> Gap:
        named = cause if ":" in cause else f"{cause}:{name}"
        return Gap(source=self._target.source, start=from_epoch(start), end=from_epoch(end), cause=named, state=became)


def _load(stored: Mapping[str, Any]) -> _State:
    known = dict(stored)
    if known.get("reading") is not None:
        known["reading"] = _Span(**known["reading"])
    known["todo"] = tuple(_Span(**span) for span in known.get("todo", ()))
    try:
        return _State(**known)
    except TypeError as error:
        raise ValueError(f"not a cursor of reading windows: {error}") from error
