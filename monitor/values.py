"""Kinds of values that settings hold: durations, opening hours and zones as people write them, and the table they stand in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from monitor.timing import Interval, always_open, parse_duration, parse_hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _duration(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    return parse_duration(value) if isinstance(value, str) else value


def _hours(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    return parse_hours(value) if isinstance(value, str) else value


def _zone(value: str) -> str:
    always_open(value)
    return value


Duration = Annotated[int, BeforeValidator(_duration), Field(gt=0, strict=True)]
Reach = Annotated[int, BeforeValidator(_duration), Field(ge=0, strict=True)]
Hours = Annotated[tuple[Interval, ...], BeforeValidator(_hours)]
Zone = Annotated[str, AfterValidator(_zone)]


class Table(BaseModel):
    """A table of config.toml: an unknown key is a mistake, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
