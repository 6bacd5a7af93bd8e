"""``monitor deliveries``: what was told to whom by which channel, what failed, and a test of each channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from gettext import gettext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.app import App, open_app
from monitor.cli.helping import Group
from monitor.cli.language import choose
from monitor.cli.options import now, settings_file, shared, show, tell, with_app
from monitor.display import excerpt, width
from monitor.errors import MonitorError
from monitor.phrases import Number

_WORDS = {
    "en": {
        "none": "Nothing was told in the last {days:day}.",
        "no_channel": "config.toml names no channel, so nobody is told of alerts: see docs/delivery.md.",
        "works": "works, last {at}",
        "fails": "FAILS since {at}",
        "untried": "not used yet",
        "channels": "Channels",
        "zone": "times in {zone}",
        "messages": "Messages",
        "waiting": "waiting",
        "sending": "sending",
        "sent": "sent",
        "failed": "failed",
        "unknown": "unknown",
        "given_up": "given up",
        "needless": "Number {did} was not sent: its service would have rung for the end as for an alert, and keeps nothing that could be closed.",
        "unknown_hint": "Of number {did} nobody knows whether it came. Look, then: monitor deliveries arrived {did}, or: monitor deliveries resend {did}",
        "test_sent": "{channel}: sent. See whether it came.",
        "test_not": "{channel}: not sent: {detail}",
        "test_unknown": "{channel}: may have been sent: {detail}",
        "again": "It goes out again at the next delivery.",
        "arrived": "Noted as delivered.",
        "not_unknown": "number {did} is not one whose delivery is in doubt or has failed",
    },
    "ja": {
        "none": "過去{days}日間の通知はありません。",
        "no_channel": "config.toml に通知先がないため、アラートは誰にも届きません。docs/delivery.md をご覧ください。",
        "works": "正常(最終 {at})",
        "fails": "失敗中({at} から)",
        "untried": "未使用",
        "channels": "通知先",
        "zone": "時刻は {zone}",
        "messages": "通知",
        "waiting": "送信待ち",
        "sending": "送信中",
        "sent": "送信済み",
        "failed": "失敗",
        "unknown": "到着不明",
        "given_up": "取りやめ",
        "needless": "{did}番は送っていません。このサービスは収束の通知でもアラートと同じように鳴り、閉じられる記録も残らないためです。",
        "unknown_hint": "{did}番は届いたかどうか分かりません。確かめてから、届いていれば monitor deliveries arrived {did}、届いていなければ monitor deliveries resend {did} を実行してください。",
        "test_sent": "{channel}: 送信しました。届いたか確認してください。",
        "test_not": "{channel}: 送信できませんでした({detail})",
        "test_unknown": "{channel}: 送信できたか分かりません({detail})",
        "again": "次の送信でもう一度送ります。",
        "arrived": "届いたものとして記録しました。",
        "not_unknown": "{did}番は、到着不明でも失敗でもありません。",
    },
}


@click.group("deliveries", invoke_without_command=True, cls=Group)
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 400), help="How many days back.")
@shared
@click.pass_context
def deliveries_command(
    ctx: click.Context, *, database: str | None, config: Path | None, lang: str | None, as_json: bool, days: int
) -> int:
    """What was told to whom, by which channel, and what failed. 通知の記録。

    Exit code 1 when a channel fails or it is not known whether a message came.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    app = open_app(settings_file(config), database, now, read_only=True)
    try:
        language = choose(lang, app.settings.language)
        found = standing(app, days)
        if as_json:
            show(found)
        else:
            for line in _lines(found, app, language, days):
                tell(line)
    finally:
        app.store.close()
    return (
        1
        if any(c["fails"] for c in found["channels"]) or any(m["state"] == "unknown" for m in found["messages"])
        else 0
    )


def standing(app: App, days: int) -> dict[str, Any]:
    """Return channels with how they do, and the messages of the last days, newest first."""
    from monitor.deliver.channels import channels_of, messages_since  # noqa: PLC0415 - only here

    return {"channels": channels_of(app.store, app.kit("en")), "messages": messages_since(app.store, app.now(), days)}


@deliveries_command.command("test")
@click.argument("channel")
@with_app()
def test_command(*, app: App, language: str, as_json: bool, channel: str) -> int:
    """Send a test message by one channel now, and say what came of it."""
    names = [one.name for one in app.settings.channel]
    if channel not in names:
        said = gettext("there is no channel {channel!r}; there are: {names}")
        known = ", ".join(names) or gettext("none")
        raise click.BadParameter(said.format(channel=channel, names=known), param_hint="CHANNEL")
    from monitor.deliver.channels import try_channel  # noqa: PLC0415 - only here

    row = try_channel(app.delivery(language), channel)
    detail = row["detail"] or row["reason"] or ""
    if as_json:
        show({"channel": channel, "state": row["state"], "detail": detail})
    else:
        key = {"sent": "test_sent", "unknown": "test_unknown"}.get(row["state"], "test_not")
        tell(_WORDS[language][key].format(channel=channel, detail=detail))
    return 0 if row["state"] == "sent" else 1


@deliveries_command.command("resend")
@click.argument("number", type=int)
@click.option("--as", "actor", required=True, help="Your name, as colleagues know it.")
@with_app()
def resend_command(*, app: App, language: str, as_json: bool, number: int, actor: str) -> int:
    """Let a message go out again whose delivery is in doubt or has failed; mail keeps its Message-ID."""
    from monitor.deliver import again  # noqa: PLC0415 - only here

    return _settled(again(app.store, number, actor, app.now()), number, "again", language, as_json=as_json)


@deliveries_command.command("arrived")
@click.argument("number", type=int)
@click.option("--as", "actor", required=True, help="Your name, as colleagues know it.")
@with_app()
def arrived_command(*, app: App, language: str, as_json: bool, number: int, actor: str) -> int:
    """Note that a message has come whose delivery was in doubt."""
    from monitor.deliver import arrived  # noqa: PLC0415 - only here

    return _settled(arrived(app.store, number, actor, app.now()), number, "arrived", language, as_json=as_json)


def _settled(done: bool, number: int, key: str, language: str, *, as_json: bool) -> int:
    if not done:
        raise MonitorError(_WORDS[language]["not_unknown"].format(did=number))
    if as_json:
        show({"number": number, "done": key})
    else:
        click.echo(_WORDS[language][key])
    return 0


def _lines(found: Mapping[str, Any], app: App, language: str, days: int) -> Iterator[str]:
    words = _WORDS[language]
    zone = ZoneInfo(app.settings.brand[0].zone if app.settings.brand else "UTC")
    channels, messages = found["channels"], found["messages"]
    if not channels:
        yield words["no_channel"]
    else:
        yield words["channels"]
        size = max(width(channel["name"]) for channel in channels)
        for channel in channels:
            yield f"  {_padded(channel['name'], size)}  {_how(channel, words, zone)}"
            if channel["fails"] and channel["detail"]:
                yield f"    {channel['detail']}"
    if not messages:
        yield words["none"].format(days=Number(days))
        return
    yield words["messages"]
    yield from _table(messages, words, zone)
    yield words["zone"].format(zone=zone.key)
    for row in messages:
        if row["state"] == "unknown":
            yield words["unknown_hint"].format(did=row["number"])
        elif row["reason"] == "needless":
            yield words["needless"].format(did=row["number"])


def _how(channel: Mapping[str, Any], words: Mapping[str, str], zone: ZoneInfo) -> str:
    if channel["fails"]:
        return words["fails"].format(at=_local(channel["failed_at"], zone))
    return words["works"].format(at=_local(channel["sent_at"], zone)) if channel["sent_at"] else words["untried"]


def _table(messages: Sequence[Mapping[str, Any]], words: Mapping[str, str], zone: ZoneInfo) -> Iterator[str]:
    states = max(width(words[row["state"]]) for row in messages)
    names = min(16, max(width(row["channel"]) for row in messages))
    numbers = max(len(str(row["number"])) for row in messages)
    room = 80 - (2 + numbers + 2 + 11 + 2 + states + 2 + names + 2)
    for row in messages:
        state = _padded(words[row["state"]], states)
        channel = _padded(excerpt(row["channel"], names), names)
        when = _local(row["sent_at"] or row["created_at"], zone)
        yield f"  {row['number']:>{numbers}}  {when:<11}  {state}  {channel}  {excerpt(row['title'], room)}"


def _padded(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def _local(at: str | None, zone: ZoneInfo) -> str:
    return "–" if at is None else f"{datetime.fromisoformat(at).astimezone(zone):%m-%d %H:%M}"
