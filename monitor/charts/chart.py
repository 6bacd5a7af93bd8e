"""What a picture is: one Vega-Lite specification, a sentence that says the same, and the same figures as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.say import Say

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDTH = 520  # pixels of a picture that cannot ask its page how wide it is

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The figures of a picture in rows, every cell a text; the first cell names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture that speaks English and Japanese.

    ``draw`` gives what is drawn (layers, or mark and encoding), ``tell`` the text alternative made of the same figures,
    ``rows`` the table, ``note`` how to read it (may be empty). ``height`` is in pixels. Colours are names of
    :mod:`monitor.charts.look`, so that one specification serves light, dark and print.
    """

    name: str
    height: int
    title: Callable[[Say], str]
    draw: Callable[[Say], Spec]
    tell: Callable[[Say], str]
    rows: Callable[[Say], Table]
    note: Callable[[Say], str] = lambda _: ""

    def spec(self, language: str) -> Spec:
        """Return the Vega-Lite specification, as wide as what holds it."""
        say = Say.of(language)
        common = {"$schema": SCHEMA, "description": self.alt(language), "width": "container", "height": self.height}
        return {**common, "autosize": {"type": "fit", "contains": "padding"}, **self.draw(say)}

    def alt(self, language: str) -> str:
        """Return the text alternative: what is to be seen, with the figures that matter."""
        say = Say.of(language)
        return f"{self.title(say)}{say(': ', ':')}{self.tell(say)}"

    def table(self, language: str) -> Table:
        """Return the figures as rows."""
        return self.rows(Say.of(language))


def values(rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Return rows as inline data."""
    return {"values": [dict(row) for row in rows]}


def axis(title: str | None = None, **more: Any) -> Spec:  # noqa: ANN401 - parts of a JSON document
    """Return an axis; without a title the labels speak for themselves."""
    return {"title": title, **more}


def written(row: Mapping[str, Any], mark: Spec, encoding: Spec) -> list[Spec]:
    """Return layers that write a text where lines run: its halo in the colour of the ground, then itself."""
    halo = {**mark, "type": "text", "style": "halo"}
    return [{"data": values([row]), "mark": one, "encoding": encoding} for one in (halo, {"type": "text", **mark})]


def tips(*pairs: tuple[str, str]) -> list[Spec]:
    """Return a tooltip of (field, title): the fields hold texts as they are to be read."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in pairs]


def lookup(labels: Mapping[float, str]) -> str:
    """Return a Vega expression that names axis positions; what is not in the map gets no label."""
    pairs = ",".join(f'"{_key(place)}":{quoted(text)}' for place, text in labels.items())
    return f"({{{pairs}}})[datum.value] || ''"


def _key(place: float) -> str:
    """A number as JavaScript writes it; places have four decimals at most."""
    return f"{place:.4f}".rstrip("0").rstrip(".")


def quoted(text: str) -> str:
    """Return a text as a literal of a Vega expression."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
