"""The sample brand: みらい電機 (Mirai Denki), a maker of kitchen appliances that does not exist."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from connectors.sample.story import tell
from monitor.connector import Target
from monitor.errors import Unreadable
from monitor.types import Page


class Sample:
    """Plays six weeks of an invented brand that end now, so that every screen can be seen without a key.

    All of it is fiction written for this project (CC0): the company, its products, every handle, person and post. Times
    are relative: the first call fixes the end, the minute of ``target.now``; the same seed and end tell the same story.
    After its last page there is nothing more, however often it is asked. Raises ``Unreadable`` for a foreign cursor.
    """

    network = "sample"
    archive = True

    class Settings(BaseModel):
        """Settings of the sample brand."""

        model_config = ConfigDict(extra="forbid")
        seed: int = Field(default=20, description="which of the many possible six weeks is told")
        weeks: int = Field(default=6, ge=4, le=6, description="how far back it begins")

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or self.Settings()

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Return the next 200 posts in the order in which they were seen, with what else happened in their time."""
        end, following = _read(cursor) if cursor else (target.now.astimezone(UTC).replace(second=0, microsecond=0), 0)
        if following is None:
            return Page()
        pages = tell(self._settings.seed, self._settings.weeks, end, target.source)
        more = following + 1 < len(pages)
        bookmark = {"anchor": end.isoformat(), "next": following + 1 if more else None}
        return replace(pages[following], cursor=json.dumps(bookmark), more=more)


def _read(cursor: str) -> tuple[datetime, int | None]:
    try:
        bookmark = json.loads(cursor)
        return datetime.fromisoformat(bookmark["anchor"]), bookmark["next"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("this bookmark is not of the sample brand; remove it to begin again", cursor) from error
