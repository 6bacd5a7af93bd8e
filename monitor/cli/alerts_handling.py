"""``monitor alerts ack|owner|note|close|timeline``: what people do about an alert, from the terminal."""

from __future__ import annotations

from gettext import gettext
from typing import TYPE_CHECKING

import click

from monitor.app import App
from monitor.cli.options import show, with_app
from monitor.errors import MonitorError
from monitor.phrases import counted

if TYPE_CHECKING:
    from monitor.handling import Act

_DONE = {
    "en": {
        "new": "Nobody has acknowledged it.",
        "acknowledged": "Acknowledged by {who}.",
        "taken": "{owner} is on it.",
        "no_crisis": "No crisis ({reason}), says {who}.",
        "finished": "Finished by {who}.",
    },
    "ja": {
        "new": "まだ誰も確認していません。",
        "acknowledged": "{who}さんが確認しました。",
        "taken": "{owner}さんが対応中です。",
        "no_crisis": "{who}さんが危機ではないと判断しました({reason})。",
        "finished": "{who}さんが対応を終了しました。",
    },
}
_number = click.argument("number", type=int)
_actor = click.option("--as", "actor", required=True, help="Your name, as colleagues know it.")
_note = click.option("--note", default="", help="A note that stays in the timeline.")


@click.command("ack")
@_number
@_actor
@with_app()
def ack_command(*, app: App, language: str, as_json: bool, number: int, actor: str) -> int:
    """Acknowledge an alert: nobody else is told that it is unanswered."""
    return _act(app, language, number, "acknowledged", actor, as_json=as_json)


@click.command("owner")
@_number
@_actor
@click.option("--to", default="", help="Hand it over to somebody; without it you take it yourself.")
@_note
@with_app()
def owner_command(*, app: App, language: str, as_json: bool, number: int, actor: str, to: str, note: str) -> int:
    """Take an alert, or hand it over; who is on the duty rota is told."""
    kind: Act = "handed_over" if to else "taken"
    return _act(app, language, number, kind, actor, as_json=as_json, to=to, note=note)


@click.command("note")
@_number
@click.argument("text")
@_actor
@with_app()
def note_command(*, app: App, language: str, as_json: bool, number: int, text: str, actor: str) -> int:
    """Write a note into an alert's timeline."""
    return _act(app, language, number, "noted", actor, as_json=as_json, note=text)


@click.command("close")
@_number
@_actor
@click.option(
    "--no-crisis",
    "reason",
    type=click.Choice(["campaign", "copied", "news", "other"]),
    help="It was none, and why: the alert budget counts it.",
)
@click.option("--reopen", is_flag=True, help="Take the last word back.")
@_note
@with_app()
def close_command(
    *, app: App, language: str, as_json: bool, number: int, actor: str, reason: str | None, reopen: bool, note: str
) -> int:
    """Finish an alert, or judge that it was no crisis."""
    if reopen and reason:
        raise click.UsageError(gettext("--reopen and --no-crisis do not go together"))
    kind: Act = "reopened" if reopen else "no_crisis" if reason else "finished"
    return _act(app, language, number, kind, actor, as_json=as_json, reason=reason or "", note=note)


@click.command("timeline")
@_number
@click.option("--format", "form", type=click.Choice(["markdown", "text", "csv"]), default="markdown", show_default=True, help="The account (経緯報告), or a table (csv).")  # fmt: skip
@with_app(read_only=True)
def timeline_command(*, app: App, language: str, as_json: bool, number: int, form: str) -> int:
    """Print an alert's account: summary, evidence, posts, and the timeline of who was told by what and did what."""
    from monitor.deliver import report  # noqa: PLC0415 - only here
    from monitor.deliver.account import account_of  # noqa: PLC0415 - see above
    from monitor.deliver.acts import NotPossible  # noqa: PLC0415 - see above

    alert = app.store.handling.alert(number)
    if alert is None:
        raise MonitorError(NotPossible("absent", number).sentence(language))
    zone = app.settings.find(alert["brand"]).zone
    lines = report.entries(app.store, alert, app.model_name())
    if as_json:
        show(report.as_dicts(lines, language))
    elif form == "csv":
        click.echo(report.as_csv(lines, language, zone), nl=False)
    else:
        account = account_of(app.store, alert, app.model_name(), language, zone, app.now())
        click.echo(account.as_text() if form == "text" else account.as_markdown(), nl=False)
    return 0


def judged(app: App, brands: list[str], language: str) -> list[str]:
    """Return what people judged of each brand's alerts of the last 56 days, which is the span that a fit replays."""
    from monitor.deliver.report import REASONS  # noqa: PLC0415 - only here

    at = int(app.now().timestamp())
    start = at - 56 * 86400
    verdicts, lines = app.store.handling.verdicts(start, at), list[str]()
    for brand in brands:
        alerts = len(app.store.handling.alerts(start, at, brand))
        reasons = verdicts.get(brand, {})
        told = ", ".join(f"{REASONS[language][reason]} {n}" for reason, n in sorted(reasons.items()))
        none = sum(reasons.values())
        if alerts and language == "ja":
            lines.append(
                f"{brand}:同じ期間のアラート{alerts}件のうち、危機ではないと判断されたのは{none}件"
                + (f"({told})" if told else "")
            )
        elif alerts:
            lines.append(
                f"{brand}: of {counted(alerts, 'alert')} in that time your people judged {none} to be no crisis"
                + (f" ({told})" if told else "")
            )
    return lines


def _act(app: App, language: str, number: int, kind: Act, actor: str, *, as_json: bool, **detail: str) -> int:
    from monitor.deliver.acts import NotPossible, act  # noqa: PLC0415 - only here
    from monitor.deliver.report import REASONS  # noqa: PLC0415 - see above

    if not actor.strip() or not actor.isprintable():
        raise click.BadParameter(gettext("give a name"), param_hint="--as")
    try:
        standing = act(app.store, number, kind, actor.strip(), app.now(), **detail)
    except NotPossible as error:
        raise MonitorError(error.sentence(language)) from error
    if as_json:
        show({"number": number, "state": standing.state, "owner": standing.owner, "verdict": standing.verdict})
        return 0
    who = standing.settled_by if standing.settled else standing.acknowledged_by
    reason = REASONS[language].get(standing.verdict or "", "")
    click.echo(_DONE[language][standing.state].format(who=who, owner=standing.owner, reason=reason))
    return 0


HANDLING = (ack_command, owner_command, note_command, close_command, timeline_command)
