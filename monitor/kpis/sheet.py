"""A CSV file of figures that only other systems know: read row by row, every mistake told with its line and the cure."""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from monitor.catalogue import METRICS
from monitor.store.kpis import Brought
from monitor.text import normalise
from monitor.timing import week_bounds

NEEDED = ("metric", "week", "value", "source")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "metric": ("metric", "指標"),
    "week": ("week", "週"),
    "value": ("value", "値"),
    "source": ("source", "出典", "データ元"),
    "campaign": ("campaign", "キャンペーン"),
    "note": ("note", "メモ", "備考"),
}
IMPORTED = {metric.name: metric for metric in METRICS if metric.status == "imported"}
LONGEST = 200  # characters of a source, campaign or note
_MONEY = re.compile(r"^(?:[¥$€£]|jpy|usd|eur|円)\s*|\s*(?:円|jpy|usd|eur|%|件|人|回|pv)$")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d{1,3})?|[-+]?\.\d+")
_BELOW_ZERO = ("revenue",)  # a week of refunds


class Bad(NamedTuple):
    """A row that cannot be taken: its line in the file, and what to do about it in English and Japanese."""

    line: int
    en: str
    ja: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a file holds: figures with their lines, and rows that cannot be taken."""

    rows: tuple[tuple[int, Brought], ...]
    bad: tuple[Bad, ...]


class _Wrong(Exception):
    """A value that cannot be taken."""

    def __init__(self, en: str, ja: str) -> None:
        super().__init__(en)
        self.en, self.ja = en, ja


def read(raw: bytes) -> Sheet:
    """Read a file. Good rows are returned even where others are bad.

    Text is UTF-8, or Shift_JIS as Excel writes it in Japan; the separator is comma, tab or semicolon. Raises ``ValueError``
    in both languages, split by a line feed, where nothing can be read at all.
    """
    reader = csv.reader(io.StringIO(_text(raw), newline=""), delimiter=_separator(_text(raw)))
    try:
        head = next(reader)
    except (StopIteration, csv.Error):
        raise _nothing("the file is empty", "ファイルが空です") from None
    places = _places(head)
    rows: list[tuple[int, Brought]] = []
    bad: list[Bad] = []
    seen: dict[tuple[str, ...], tuple[int, float]] = {}
    for line, cells in _cells(reader, bad):
        try:
            one = _row({name: cells[i] if i < len(cells) else "" for name, i in places.items()})
            _unlike(one, line, seen)
        except _Wrong as wrong:
            bad.append(Bad(line, wrong.en, wrong.ja))
        else:
            rows.append((line, one))
    if not rows and not bad:
        raise _nothing("the file has a heading but no rows", "見出しだけで、行がありません")
    return Sheet(rows=tuple(rows), bad=tuple(bad))


def _nothing(en: str, ja: str) -> ValueError:
    return ValueError(f"{en}; it needs the columns {', '.join(NEEDED)}\n{ja}。必要な列: {', '.join(NEEDED)}")


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(
        "the file is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8\n文字コードが UTF-8 でも Shift_JIS でもありません。「CSV UTF-8」で保存してください"
    )


def _separator(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",\t;", key=head.count)


def _places(head: list[str]) -> dict[str, int]:
    named = [normalise(cell).strip() for cell in head]
    places: dict[str, int] = {}
    for name, spellings in COLUMNS.items():
        for spelling in spellings:
            if spelling in named:
                places.setdefault(name, named.index(spelling))
    lacking = [name for name in NEEDED if name not in places]
    if lacking:
        found = ", ".join(cell.strip() for cell in head if cell.strip())
        raise ValueError(
            f"the first line must name the columns {', '.join(NEEDED)}; missing: {', '.join(lacking)} (found: {found[:200]})\n"
            f"1行目に列名 {', '.join(NEEDED)} が必要です。ない列: {', '.join(lacking)}(見つかった列: {found[:200]})"
        )
    return places


def _cells(reader: Iterator[list[str]], bad: list[Bad]) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            bad.append(Bad(getattr(reader, "line_num", 0), f"cannot be read: {error}", f"読めません: {error}"))
            continue
        if any(cell.strip() for cell in cells):
            yield getattr(reader, "line_num", 0), cells


def _row(cells: Mapping[str, str]) -> Brought:
    metric = _metric(cells["metric"])
    return Brought(
        metric=metric,
        week=_week(cells["week"]),
        source=_word(cells["source"], "source", "出典"),
        value=_value(cells["value"], metric),
        campaign=_word(cells.get("campaign", ""), "campaign", "キャンペーン", needed=False),
        note=_word(cells.get("note", ""), "note", "メモ", needed=False) or None,
    )


def _metric(cell: str) -> str:
    wanted = normalise(cell).strip().replace("-", "_").replace(" ", "_")
    for name, metric in IMPORTED.items():
        if wanted in (name, normalise(metric.title_ja), normalise(metric.title_en).replace(" ", "_")):
            return name
    if not wanted:
        raise _Wrong("metric is empty", "metric が空です")
    known = ", ".join(IMPORTED)
    near = difflib.get_close_matches(wanted, IMPORTED, n=1)
    raise _Wrong(
        f"there is no metric {cell.strip()[:60]!r}" + (f"; did you mean {near[0]}?" if near else f"; known: {known}"),
        f"指標 {cell.strip()[:60]!r} はありません。"
        + (f"{near[0]} ではありませんか。" if near else f"使える指標: {known}"),
    )


def _week(cell: str) -> str:
    given = cell.strip()
    folded = normalise(given).upper().replace(" ", "")
    if re.fullmatch(r"\d{4}W\d{2}", folded):
        folded = f"{folded[:4]}-{folded[4:]}"
    try:
        week_bounds(folded, "UTC")
    except (ValueError, OverflowError):
        hint = _week_of_date(folded)
        raise _Wrong(
            f"{given[:60]!r} is no ISO week; write " + (f"{hint} (the week of that day)" if hint else "2026-W47"),
            f"{given[:60]!r} は ISO 週ではありません。"
            + (f"その日の週は {hint} です" if hint else "2026-W47 の形で書いてください"),
        ) from None
    return folded


def _week_of_date(text: str) -> str | None:
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    if parts is None:
        return None
    try:
        year, week, _ = date(*map(int, parts.groups())).isocalendar()
    except ValueError:
        return None
    return f"{year}-W{week:02d}"


def _value(cell: str, metric: str) -> float:
    folded = _MONEY.sub("", _MONEY.sub("", normalise(cell).strip()).strip())
    if not folded:
        raise _Wrong(
            "value is empty: leave the row out where the figure is not known; 0 means none at all",
            "value が空です。分からない場合は行ごと省いてください(0 は「ゼロだった」の意味です)",
        )
    if not _GROUPED.fullmatch(folded):
        raise _Wrong(f"{cell.strip()[:60]!r} is no number", f"{cell.strip()[:60]!r} は数ではありません")
    value = float(folded.replace(",", ""))
    if not math.isfinite(value):
        raise _Wrong(f"{cell.strip()[:60]!r} is too large", f"{cell.strip()[:60]!r} は大きすぎます")
    if value < 0 and metric not in _BELOW_ZERO:
        raise _Wrong(f"{metric} cannot be negative ({value:g})", f"{metric} は負の値になりません({value:g})")
    if IMPORTED[metric].unit == "percent" and value > 100:
        raise _Wrong(
            f"{metric} is a percentage from 0 to 100, not {value:g}", f"{metric} は 0〜100 の百分率です({value:g})"
        )
    return value


def _word(cell: str, en: str, ja: str, *, needed: bool = True) -> str:
    word = " ".join("".join(c if c.isprintable() else " " for c in cell).split())
    if needed and not word:
        raise _Wrong(
            f"{en} is empty: say where the figure comes from", f"{en}({ja})が空です。数値の出どころを書いてください"
        )
    if len(word) > LONGEST:
        raise _Wrong(f"{en} is longer than {LONGEST} characters", f"{en}({ja})が{LONGEST}文字を超えています")
    return word


def _unlike(one: Brought, line: int, seen: dict[tuple[str, ...], tuple[int, float]]) -> None:
    key = (one.metric, one.week, one.source, one.campaign)
    before = seen.setdefault(key, (line, one.value))
    if before[1] != one.value:
        raise _Wrong(
            f"line {before[0]} gives {before[1]:.15g} for the same metric, week, source and campaign, this one {one.value:.15g}; "
            f"keep one of them (line {before[0]} was taken)",
            f"{before[0]}行目にも同じ指標・週・出典・キャンペーンがあり、値が {before[1]:.15g} と {one.value:.15g} で異なります。"
            f"どちらかを残してください({before[0]}行目を採用)",
        )
