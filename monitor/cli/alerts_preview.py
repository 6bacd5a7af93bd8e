"""``monitor alerts preview``: what an edit of rules, campaigns or holidays would have changed, before it is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from monitor.app import App
from monitor.cli.options import show, with_app

if TYPE_CHECKING:
    from monitor.alert import Kind
    from monitor.spike import Difference, Fired

TITLES = {
    "gone": {"en": "would not have been told", "ja": "知らせなくなるもの"},
    "new": {"en": "would have been told as well", "ja": "新たに知らせるもの"},
    "both": {"en": "told either way", "ja": "どちらでも知らせるもの"},
}
KINDS = {"volume": {"en": "volume", "ja": "件数"}, "negative": {"en": "negative", "ja": "否定"}}


@click.command("preview")
@click.argument("edited", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", help="Only this brand.")
@with_app(read_only=True)
def preview_command(*, app: App, language: str, as_json: bool, edited: Path, brand: str | None) -> int:
    """Replay the last eight weeks under the settings in use and under EDITED, an edited copy of config.toml.

    Compares [alerts], campaigns, holidays and zone; nothing is kept. People are not counted again, only posts. Exit code
    1 where something would have changed. 設定を変える前に、過去8週間での違いを確かめます。
    """
    from monitor import alert  # noqa: PLC0415 - only here
    from monitor.config import load  # noqa: PLC0415 - see above

    other = App(load(edited), app.store, app.now, app.where)
    stored = {row["brand"] for row in app.store.sources.brands()}
    names = [one.name for one in other.settings.brand if one.name in stored and brand in (None, one.name)]
    if not names:
        raise click.ClickException(
            f"{edited} names no brand that is in the database" + (f" as {brand!r}" if brand else "")
        )
    found = {}
    for name in names:
        old = app.alert_settings(name)
        new = other.alert_settings(name)
        found[name] = alert.preview(app.store, name, app.model_name(), old, new, app.now())
    if as_json:
        show({name: {kind: _json(one) for kind, one in kinds.items()} for name, kinds in found.items()})
    else:
        for name in names:
            zone = ZoneInfo(other.settings.find(name).zone)
            for line in _lines(name, found[name], zone, "ja" if language == "ja" else "en"):
                click.echo(line)
    return int(any(one.gone or one.new for kinds in found.values() for one in kinds.values()))


def _lines(name: str, kinds: dict[Kind, Difference], zone: ZoneInfo, language: str) -> Iterator[str]:
    if not any(one.gone or one.new for one in kinds.values()):
        both = sum(len(one.both) for one in kinds.values())
        yield (
            f"{name}:過去8週間では違いがありません(どちらでも{both}回)。"
            if language == "ja"
            else f"{name}: no difference over the last eight weeks ({both} alerts either way)."
        )
        return
    yield f"{name}:過去8週間での違い" if language == "ja" else f"{name}: over the last eight weeks"
    for part, title in TITLES.items():
        fired = [(kind, one) for kind, found in kinds.items() for one in _part(found, part)]
        yield f"  {title[language]}: {len(fired)}"
        for kind, one in sorted(fired, key=lambda pair: pair[1].at):
            worst = one.worst
            usual = f"(平常 {worst.expected:.1f})" if language == "ja" else f" (usual {worst.expected:.1f})"
            yield f"    {one.at.astimezone(zone):%Y-%m-%d %H:%M}  {KINDS[kind][language]}  {worst.observed:g}{usual}"


def _part(found: Difference, part: str) -> list[Fired]:
    if part == "both":
        return [new for _, new in found.both]
    return list(found.gone if part == "gone" else found.new)


def _json(found: Difference) -> dict[str, Any]:
    from monitor.timing import iso  # noqa: PLC0415 - only here

    def told(one: Fired) -> dict[str, Any]:
        return {"at": iso(one.at), "until": iso(one.until), "observed": one.worst.observed, "level": one.worst.level}

    return {part: [told(one) for one in _part(found, part)] for part in TITLES}
