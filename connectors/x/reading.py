"""How far a stream's reading has come, packed into the token that the windows keep for it between pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

STUCK = 5  # pages in a row that bring nothing older: X's tokens can repeat for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reading between two pages.

    ``token`` is X's; ``query`` the search that is read and ``end`` its ``end_time``, kept so that neither changes under
    the token; ``posts`` how many the listing brought so far; ``lowest`` the lowest id among them; ``idle`` pages in a
    row without a lower one.
    """

    token: str | None = None
    query: str | None = None
    end: str | None = None
    posts: int = 0
    lowest: str | None = None
    idle: int = 0

    @classmethod
    def of(cls, packed: str | None) -> Reading:
        """Unpack; ``None`` is a reading that begins. Raises ``ValueError`` for what was not packed here."""
        if packed is None:
            return cls()
        try:
            return cls(**json.loads(packed))
        except TypeError as error:
            raise ValueError(f"not a token of X's streams: {error}") from error

    @property
    def packed(self) -> str:
        """As text."""
        return json.dumps({key: value for key, value in asdict(self).items() if value}, sort_keys=True)

    @property
    def is_stuck(self) -> bool:
        """Whether X's pages have stopped going back in time."""
        return self.idle >= STUCK

    def after(self, rows: Sequence[Mapping[str, Any]], token: str | None) -> Reading:
        """Return the reading after a page."""
        ids = [int(row["id"]) for row in rows if str(row.get("id", "")).isdecimal()]
        lowest = min(ids, default=None)
        goes_on = lowest is not None and (self.lowest is None or lowest < int(self.lowest))
        return replace(
            self,
            token=token,
            posts=self.posts + len(rows),
            lowest=str(lowest) if goes_on else self.lowest,
            idle=0 if goes_on and token != self.token else self.idle + 1,
        )
