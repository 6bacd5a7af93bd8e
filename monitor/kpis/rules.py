"""What the indicators must know of a brand's settings, and how a post is shown beside a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.config import Brand
from monitor.journey import DEFAULTS, Stage, merged
from monitor.timing import from_epoch, iso

SHOWN = 280  # characters of a post beside a figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Names by which a brand goes (words and handles), tags of its campaigns, and its journey's stages."""

    names: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = DEFAULTS

    @classmethod
    def of(cls, brand: Brand) -> Rules:
        """Read them from a brand's settings; its own stages take the place of the built-in ones of the same name."""
        handles = [handle for many in brand.accounts.values() for handle in many]
        own = [
            Stage(
                key=stage.name,
                name_en=stage.name_en or stage.name,
                name_ja=stage.name,
                words=stage.words,
                without=stage.without,
            )
            for stage in brand.stage
        ]
        return cls(
            names=tuple(dict.fromkeys((brand.name, *brand.words, *handles))),
            campaigns=brand.campaigns,
            stages=merged(own),
        )


def reference(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    """Return a post as figures show it, its text shortened; other people's words, to be escaped."""
    text = row["text"]
    return {
        "post": row["id"],
        "cid": row["cid"],
        "author": row["handle"],
        "at": iso(from_epoch(row["created_at"])),
        "text": None if text is None else text[: SHOWN - 1] + "…" if len(text) > SHOWN else text,
        "url": row["url"],
        "network": row["id"].partition(":")[0],
    }


def words(en: str, ja: str) -> dict[str, str]:
    """Return a sentence in both languages."""
    return {"en": en, "ja": ja}
