"""Negative posts of one brand: their number and their share, judged together into one run of episodes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitor.spike.detector import Authors, Detector
from monitor.spike.memory import dump, restore
from monitor.spike.settings import LEVELS, Settings, Verdict
from monitor.spike.share import Share, ShareWindow


class Feelings:
    """A :class:`Detector` for the number of negative posts beside a :class:`Share`; an episode lasts while either holds."""

    def __init__(self, step: timedelta, settings: Settings) -> None:
        self.settings = settings
        # A campaign brings posts, but anger is nothing that it is allowed to bring.
        self.count = Detector(step, settings, patient=False)
        self.share = Share(step, settings)
        self._opened: datetime | None = None
        self._hot: datetime | None = None
        self._share_opened: datetime | None = None
        self._share_closed: datetime | None = None
        self._rank = -1

    @property
    def calm(self) -> bool:
        """Whether no episode is open."""
        return self._opened is None

    def observe(
        self,
        start: datetime,
        negative: float | None,
        *,
        judged: int = 0,
        authors: Authors = None,
        muted: bool = False,
        partial: bool = False,
    ) -> Verdict:
        """Judge one bucket; as :meth:`Detector.observe`, with how many posts of the bucket a model was sure about."""
        by_count = self.count.observe(start, negative, authors=authors, muted=muted, partial=partial)
        count = None if negative is None else int(negative)
        heat, window = self.share.observe(start, count, max(judged, count or 0), teach=not partial)
        if by_count.state == "learning":
            self._opened = None if by_count.level is None else (self._opened or by_count.since)
            return replace(by_count, since=self._opened)
        if heat >= 0 and (muted or self._people(authors, window) < self.settings.authors):
            heat = float("-inf")
        by_share = self._share_rank(start, heat)
        by_number = LEVELS.index(by_count.level) if by_count.level else -1
        rank = max(by_share, by_number)
        if rank < 0:
            self._opened, self._rank = None, -1
            return replace(by_count, since=None)
        self._opened = self._opened or (by_count.since if by_number >= 0 else None) or start
        told, self._rank = rank > self._rank, max(rank, self._rank)
        verdict = by_count if by_number >= by_share else self._as_verdict(by_count, window, heat)
        level = LEVELS[self._rank]
        return replace(verdict, alert=told, level=level, state=level, since=self._opened)

    def _as_verdict(self, verdict: Verdict, window: ShareWindow, heat: float) -> Verdict:
        p = min(1.0, window.limit * 10 ** -min(heat, 300.0)) if heat > float("-inf") else 1.0
        seen = {"observed": float(window.observed), "expected": window.expected, "window": window.seconds, "rise": 0}
        return replace(verdict, p=p, heat=heat, days=self._days(heat), **seen)  # type: ignore[arg-type]

    def _days(self, heat: float) -> float:
        """About once in so many days a share is as unusual: at a heat of 0 as often as the budget allows."""
        allowed = 30 / self.settings.budget * self.settings.strictness
        return float(allowed * 10 ** min(heat, 300.0)) if heat > float("-inf") else 0.0

    @staticmethod
    def _people(authors: Authors, window: ShareWindow) -> float:
        if authors is None:
            return float("inf")
        return authors if isinstance(authors, int) else authors(window.seconds)

    def _share_rank(self, now: datetime, heat: float) -> int:
        """Level of the share's own episode: warning when ten times rarer or after an hour, emergency when a hundred times."""
        rules = self.settings
        if heat >= (0.0 if self._share_opened is None else -1.0):
            self._hot = now
        if self._share_opened is None:
            rested = self._share_closed is None or now - self._share_closed >= rules.cooldown
            if heat < 0 or not (rested or heat >= 2):
                return -1
            self._share_opened = now
        elif now - (self._hot or now) >= rules.close_after or now - self._share_opened >= rules.longest:
            self._share_opened, self._share_closed = None, now
            return -1
        lasting = now - self._share_opened >= timedelta(hours=1)
        return int(heat >= 1 or (lasting and heat >= 0)) + int(heat >= 2 and lasting)

    def dump(self) -> dict[str, Any]:
        """Everything that is remembered, in values that JSON holds."""
        return dump(self) | {"count": dump(self.count), "share": dump(self.share)}

    @classmethod
    def load(cls, values: dict[str, Any], step: timedelta, settings: Settings) -> Feelings | None:
        """Go on where the dumped one stood; ``None`` when the memory is of another version."""
        fresh = cls(step, settings)
        parts = ((fresh.count, values.get("count", {})), (fresh.share, values.get("share", {})), (fresh, values))
        return fresh if all(restore(part, kept) for part, kept in parts) else None
