"""``monitor alerts preview``: what an edit of rules, campaigns, hashtags, holidays, rota or quiet hours would have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from monitor.app import App
from monitor.cli.options import known_brand, show, with_app
from monitor.phrases import counted

if TYPE_CHECKING:
    from monitor.rota import Telling
    from monitor.series import Kind
    from monitor.spike import Difference, Fired

TITLES = {
    "gone": {"en": "would not have been told", "ja": "知らせなくなるもの"},
    "new": {"en": "would have been told as well", "ja": "新たに知らせるもの"},
    "both": {"en": "told either way", "ja": "どちらでも知らせるもの"},
}
KINDS = {"volume": {"en": "volume", "ja": "件数"}, "negative": {"en": "negative", "ja": "否定"}}
LEVELLED = {"en": "at another level by what the posts say", "ja": "投稿の内容により段階が変わるもの"}
OTHERWISE = {"en": "told to others or at another time", "ja": "知らせる相手や時刻が変わるもの"}
TOLD = {
    "en": {"now": "{who} at once", "later": "{who} in the summary of {until}", "nobody": "nobody"},
    "ja": {"now": "{who}へ直ちに", "later": "{until}のまとめで{who}へ", "nobody": "知らせる相手なし"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What an edit changes for one brand: episodes by kind, and how those that stay would be told, and at which level."""

    kinds: Mapping[Kind, Difference]
    otherwise: tuple[tuple[Fired, Telling, Telling], ...]
    levelled: tuple[tuple[Fired, Fired], ...]

    @property
    def changes(self) -> bool:
        """Whether anything would have been told otherwise."""
        return bool(self.otherwise or self.levelled) or any(one.gone or one.new for one in self.kinds.values())

    @property
    def told(self) -> int:
        """Episodes that are told before and after."""
        return sum(len(one.both) for one in self.kinds.values())


@click.command("preview")
@click.argument("edited", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", help="Only this brand.")
@with_app(read_only=True)
def preview_command(*, app: App, language: str, as_json: bool, edited: Path, brand: str | None) -> int:
    """Replay the last eight weeks under the settings in use and under EDITED, an edited copy of config.toml.

    Compares [alerts], campaigns, hashtags, holidays, zone, duty rota and quiet hours, for volume and negative posts;
    nothing is kept. People are not counted again, only posts. Exit code 1 where something would have changed.
    設定を変える前に、過去8週間での違いを確かめます。
    """
    from monitor.config import load  # noqa: PLC0415 - only here

    other = App(load(edited), app.store, app.now, app.where)
    stored = {row["brand"] for row in app.store.sources.brands()}
    names = [one.name for one in other.settings.brand if one.name in stored and brand in (None, one.name)]
    if not names:
        known_brand(app, brand)
        raise click.ClickException(gettext("{file} names no brand that is in the database").format(file=edited))
    found = {name: _compared(app, other, name) for name in names}
    if as_json:
        show({name: _json(one) for name, one in found.items()})
    else:
        for name in names:
            zone = ZoneInfo(other.settings.find(name).zone)
            for line in _lines(name, found[name], zone, "ja" if language == "ja" else "en"):
                click.echo(line)
    return int(any(one.changes for one in found.values()))


def _compared(app: App, other: App, name: str) -> _Found:
    from monitor import alert  # noqa: PLC0415 - only here

    old, new = app.alert_settings(name), other.alert_settings(name)
    kinds = alert.preview(app.store, name, app.model_name(), old, new, app.now())
    otherwise, levelled = [], []
    for before, after in (pair for one in kinds.values() for pair in one.both):
        told = app.telling(name, before.level, before.at), other.telling(name, after.level, after.at)
        if told[0] != told[1] and before.at == after.at:
            otherwise.append((after, *told))
        if before.at == after.at and before.worst.level != after.worst.level:
            levelled.append((before, after))
    return _Found(
        kinds=kinds,
        otherwise=tuple(sorted(otherwise, key=lambda one: one[0].at)),
        levelled=tuple(sorted(levelled, key=lambda pair: pair[0].at)),
    )


def _lines(name: str, found: _Found, zone: ZoneInfo, language: str) -> Iterator[str]:
    from monitor.evidence import LEVEL_NAMES  # noqa: PLC0415 - only here

    if not found.changes:
        yield (
            f"{name}:過去8週間では違いがありません(どちらでも{found.told}回)。"
            if language == "ja"
            else f"{name}: no difference over the last eight weeks ({counted(found.told, 'alert')} either way)."
        )
        return
    yield f"{name}:過去8週間での違い" if language == "ja" else f"{name}: over the last eight weeks"
    for part, title in TITLES.items():
        fired = [(kind, one) for kind, kinds in found.kinds.items() for one in _part(kinds, part)]
        yield f"  {title[language]}: {len(fired)}"
        for kind, one in sorted(fired, key=lambda pair: pair[1].at):
            worst = one.worst
            usual = f"(平常 {worst.expected:.1f})" if language == "ja" else f" (usual {worst.expected:.1f})"
            yield f"    {one.at.astimezone(zone):%Y-%m-%d %H:%M}  {KINDS[kind][language]}  {worst.observed:g}{usual}"
    if found.levelled:
        yield f"  {LEVELLED[language]}: {len(found.levelled)}"
        for pair in found.levelled:
            levels = " → ".join(LEVEL_NAMES[language][side.worst.level or "watch"] for side in pair)
            yield f"    {pair[0].at.astimezone(zone):%Y-%m-%d %H:%M}  {levels}"
    if found.otherwise:
        yield f"  {OTHERWISE[language]}: {len(found.otherwise)}"
        for one, before, after in found.otherwise:
            said = " → ".join(_said(telling, zone, language) for telling in (before, after))
            yield f"    {one.at.astimezone(zone):%Y-%m-%d %H:%M}  {said}"


def _said(telling: Telling, zone: ZoneInfo, language: str) -> str:
    words = TOLD[language]
    if not telling.who:
        return words["nobody"]
    who = ("、" if language == "ja" else ", ").join(telling.who)
    if telling.until is None:
        return words["now"].format(who=who)
    return words["later"].format(who=who, until=f"{telling.until.astimezone(zone):%m-%d %H:%M}")


def _part(found: Difference, part: str) -> list[Fired]:
    if part == "both":
        return [new for _, new in found.both]
    return list(found.gone if part == "gone" else found.new)


def _json(found: _Found) -> dict[str, Any]:
    from monitor.timing import iso  # noqa: PLC0415 - only here

    def told(one: Fired) -> dict[str, Any]:
        """What would have been told, at which instants."""
        return {"at": iso(one.at), "until": iso(one.until), "observed": one.worst.observed, "level": one.worst.level}

    def way(telling: Telling) -> dict[str, Any]:
        """Whom it would have reached, and until when it would have waited."""
        return {"who": list(telling.who), "until": None if telling.until is None else iso(telling.until)}

    kinds: dict[str, Any] = {
        kind: {part: [told(one) for one in _part(kinds, part)] for part in TITLES}
        for kind, kinds in found.kinds.items()
    }
    otherwise = [
        {"at": iso(one.at), "before": way(before), "after": way(after)} for one, before, after in found.otherwise
    ]
    levels = [
        {"at": iso(after.at), "before": before.worst.level, "after": after.worst.level}
        for before, after in found.levelled
    ]
    return kinds | {"told_otherwise": otherwise, "told_at_another_level": levels}
