"""Alerts: the list, one alert with its day, posts, evidence, counter-evidence and timeline, and what people do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monitor.deliver import again, arrived, report
from monitor.deliver.account import account_of
from monitor.deliver.acts import LONGEST_NOTE, NotPossible, acknowledge_by_link, act
from monitor.deliver.channels import channels_of, message, messages_since
from monitor.deliver.day import day_of
from monitor.deliver.learning import learned, sentences, unseen
from monitor.handling import VERDICTS, Act, Standing
from monitor.rota import Roster, on_duty
from monitor.say import NETWORKS
from monitor.timing import iso_week
from monitor.web.context import Context, Done, Problem, Raw
from monitor.web.registry import Param, Routes

routes = Routes()
DAY = 86400
ALID = Param(name="alid", about="Number of the alert.", kind="integer", required=True, least=1)
NOTE = Param(name="note", about="A note that stays in the timeline.", default="", longest=LONGEST_NOTE)
DID = Param(name="did", about="Number of the message.", kind="integer", required=True, least=1)
TOKEN = Param(name="token", about="The one-time link's token.", required=True, longest=100, secret=True)


@routes.page(
    "/alerts",
    rule="see",
    template="alerts.html",
    about="Episodes of the last days, newest first, with evidence and counter-evidence, and how each stands with people.",
    params=(Param(name="days", about="How many days back.", kind="integer", default=30, least=1, most=400),),
    nav=(30, "Alerts", "a"),
)
def alerts(ctx: Context) -> Mapping[str, Any]:
    """List the episodes, whether the channels work, and what was judged of the last 90 days."""
    kit = ctx.app.kit(ctx.language, ctx.store)
    zones = {row["brand"]: row["zone"] for row in ctx.store.sources.brands()}
    brands = list(zones)
    told = [learned(ctx.store, brand, ctx.now) for brand in brands]
    rosters = {brand: on_duty(kit.duties, brand, ctx.now) for brand in brands}
    judged = ctx.store.handling.verdicts(ctx.at - 90 * DAY, ctx.at + DAY)
    counts = dict.fromkeys(judged, 0)
    for row in ctx.store.handling.alerts(ctx.at - 90 * DAY, ctx.at + DAY):
        if row["brand"] in counts:
            counts[row["brand"]] += 1
    return {
        "days": ctx["days"],
        "alerts": report.listed(ctx.store, ctx.at - ctx["days"] * DAY, ctx.at + DAY),
        "channels": channels_of(ctx.store, kit),
        "doubtful": [message(row) for row in ctx.store.deliveries.unsettled() if row["state"] == "unknown"],
        "duty": [{"brand": brand} | _on_duty(roster) for brand, roster in rosters.items()],
        "judged": [
            {"brand": brand, "alerts": counts[brand], "none": sum(reasons.values()), "reasons": reasons}
            for brand, reasons in sorted(judged.items())
        ],
        "budget": ctx.app.settings.alerts.budget,
        "learning": [one | {"said": list(sentences(one, ctx.language, zones[one["brand"]], ctx.now))} for one in told],
        "unseen": [
            {"brand": brand, "share": found[0], "said": found[1]}
            for brand in brands
            if (found := unseen(ctx.store, brand, ctx["days"], ctx.now, ctx.language)) is not None
        ],
        "reasons": report.REASONS[ctx.language],
    }


@routes.page(
    "/alerts/{alid}",
    rule="see",
    template="alerts_one.html",
    about="One alert: its day against the usual, posts, evidence, counter-evidence, who is on duty, timeline.",
    params=(ALID,),
)
def one(ctx: Context) -> Mapping[str, Any]:
    """Show all that PR asks at night."""
    from monitor.charts import alert_day  # noqa: PLC0415 - only this page draws a day
    from monitor.charts.picture import library  # noqa: PLC0415 - see above
    from monitor.letter import figure  # noqa: PLC0415 - see above

    alert = _alert(ctx)
    kit = ctx.app.kit(ctx.language, ctx.store)
    zone = kit.zones.get(alert["brand"], "UTC")
    roster = on_duty(kit.duties, alert["brand"], ctx.now)
    shown = report.told(alert)
    posts = ctx.store.handling.posts(shown["evidence"].get("posts", []))
    day = day_of(ctx.store, alert, ctx.app.model_name(), zone, ctx.now)
    colleagues = [
        row["name"] for row in ctx.store.people.all() if row["disabled_at"] is None and row["role"] != "viewer"
    ]
    found: dict[str, Any] = {
        "alert": shown,
        "handling": report.shown(report.standing_of(ctx.store, alert)),
        "posts": [
            {"post": row["id"], "author": row["handle"] or row["name"], "followers": row["followers"], "text": row["text"], "url": row["url"], "at": row["created_at"], "network": row["id"].partition(":")[0]}
            for row in posts
        ],
        "duty": _on_duty(roster),
        "timeline": report.as_dicts(report.entries(ctx.store, alert, ctx.app.model_name()), ctx.language),
        "messages": [message(row) for row in ctx.store.deliveries.about(alert["alid"])],
        "to": sorted({*colleagues, *(duty.who for duty in kit.duties)}),
        "reasons": report.REASONS[ctx.language],
        "states": report.STATES[ctx.language],
        "what": report.WHAT[ctx.language],
        "week": iso_week(ctx.now, zone),
        "day": day,
        "networks": NETWORKS,
    }  # fmt: skip
    if not ctx.as_json:
        found["figure"] = figure(alert_day(day), ctx.language)
        found["library"] = library()
    return found


@routes.page(
    "/alerts/{alid}/timeline",
    rule="see",
    template=None,
    about="An alert's timeline as a file, for the 経緯報告.",
    params=(ALID, Param(name="form", about="Kind of file.", default="markdown", choices=("markdown", "text", "csv"))),
)
def timeline(ctx: Context) -> Raw:
    """Hand the account out as Markdown or text, or the timeline as CSV, in the reader's language."""
    alert = _alert(ctx)
    zone = ctx.app.settings.find(alert["brand"]).zone
    model = ctx.app.model_name()
    if ctx["form"] == "csv":
        lines = report.entries(ctx.store, alert, model)
        body, kind, ending = "\ufeff" + report.as_csv(lines, ctx.language, zone), "text/csv; charset=utf-8", "csv"
    else:
        account = account_of(ctx.store, alert, model, ctx.language, zone, ctx.now)
        plain = ctx["form"] == "text"
        body = account.as_text() if plain else account.as_markdown()
        kind, ending = f"text/{'plain' if plain else 'markdown'}; charset=utf-8", "txt" if plain else "md"
    name = f'attachment; filename="alert-{alert["alid"]}-timeline.{ending}"'
    return Raw(body=body.encode(), media_type=kind, headers={"content-disposition": name})


def _step(kind: Act, name: str, about: str, notice: Callable[[Context], str], *given: Param) -> None:
    """Route one thing that people do about an alert; ``given`` are what is said of it, ``notice`` is shown once it is kept."""

    def handle(ctx: Context) -> Done:
        """Keep it; of an alert that is not there, or where it makes no sense, say so."""
        detail = {param.name: ctx[param.name] for param in given}
        try:
            standing = act(ctx.store, ctx["alid"], kind, ctx.me.name, ctx.now, **detail)
        except NotPossible as error:
            status = 404 if error.code == "absent" else 409
            raise Problem(status, "%(said)s", said=error.sentence(ctx.language)) from error
        return Done(to=f"/alerts/{ctx['alid']}", data={"handling": report.shown(standing)}, notice=notice(ctx))

    routes.action(f"/alerts/{{alid}}/{name}", rule="work", about=about, params=(ALID, *given))(handle)


def _handed_over(ctx: Context) -> str:
    if any(duty.who == ctx["to"].strip() for duty in ctx.app.kit(ctx.language, ctx.store).duties):
        return ctx._("Handed over. A message goes out to them.")
    return ctx._("Handed over. They have no channel, so tell them yourself.")


_step(
    "acknowledged",
    "acknowledge",
    "Show to know of it: no further person is told.",
    lambda ctx: ctx._("You have acknowledged it. Nobody else is woken."),
)
_step("taken", "take", "Take it: be on it.", lambda ctx: ctx._("It is yours."), NOTE)
_step(
    "handed_over",
    "hand-over",
    "Hand it over; who is on the duty rota is told by their channels.",
    _handed_over,
    NOTE,
    Param(name="to", about="To whom.", required=True, longest=60),
)
_step("noted", "note", "Write a note into the timeline.", lambda ctx: ctx._("The note is kept."), NOTE)
_step(
    "no_crisis",
    "no-crisis",
    "Judge that it is no crisis, and why; the alert budget counts it.",
    lambda ctx: ctx._("Kept, and counted for the alert budget."),
    NOTE,
    Param(name="reason", about="Why.", required=True, choices=VERDICTS),
)
_step("finished", "finish", "Say that the work on it is done.", lambda ctx: ctx._("Finished."), NOTE)
_step("reopened", "reopen", "Take the last verdict back.", lambda ctx: ctx._("Reopened."), NOTE)


@routes.page(
    "/deliveries",
    rule="see",
    template="alerts_deliveries.html",
    about="What was told to whom by which channel, and what failed.",
    params=(Param(name="days", about="How many days back.", kind="integer", default=14, least=1, most=400),),
)
def deliveries(ctx: Context) -> Mapping[str, Any]:
    """Show channels and messages."""
    return {
        "days": ctx["days"],
        "channels": channels_of(ctx.store, ctx.app.kit(ctx.language, ctx.store)),
        "messages": messages_since(ctx.store, ctx.now, ctx["days"]),
        "what": report.WHAT[ctx.language],
    }


@routes.action(
    "/deliveries/{did}/again",
    rule="work",
    about="Send a message again that may not have come; a person decides.",
    params=(DID,),
)
def send_again(ctx: Context) -> Done:
    """Let it go out again."""
    if not again(ctx.store, ctx["did"], ctx.me.name, ctx.now):
        raise Problem(409, "That message is neither in doubt nor failed.")
    return Done(to="/deliveries", notice=ctx._("It goes out again within seconds."))


@routes.action("/deliveries/{did}/arrived", rule="work", about="Say that a message has come.", params=(DID,))
def has_arrived(ctx: Context) -> Done:
    """Note that it has come."""
    if not arrived(ctx.store, ctx["did"], ctx.me.name, ctx.now):
        raise Problem(409, "That message is not in doubt.")
    return Done(to="/deliveries", notice=ctx._("Noted as delivered."))


@routes.page(
    "/acknowledge",
    rule="public",
    template="alerts_acknowledge.html",
    about="Asks whether to acknowledge, by a one-time link from a message. Changes nothing: previews of links open it, too.",
    params=(Param(name="token", about="The one-time link's token.", default="", longest=100, secret=True),),
    twin=False,
)
def ask(ctx: Context) -> Mapping[str, Any]:
    """Show the alert's title and one button."""
    link = ctx.store.handling.link(ctx["token"], ctx.at) if ctx["token"] else None
    alert = ctx.store.handling.alert(link["alid"]) if link is not None else None
    if link is None or alert is None:
        raise _dead_link()
    return _acknowledging(alert, report.standing_of(ctx.store, alert), who=link["who"], token=ctx["token"])


@routes.action(
    "/acknowledge",
    rule="public",
    about="Acknowledge by a one-time link; it works once and does nothing else.",
    template="alerts_acknowledge.html",
    params=(TOKEN,),
)
def acknowledge_once(ctx: Context) -> Mapping[str, Any]:
    """Acknowledge in the name of whom the link was sent to."""
    alid = acknowledge_by_link(ctx.store, ctx["token"], ctx.now)
    if alid is None:
        raise _dead_link()
    alert = ctx.store.handling.alert(alid)
    standing = report.standing_of(ctx.store, alert)
    return _acknowledging(alert, standing, who=standing.acknowledged_by, token="")


def _dead_link() -> Problem:
    return Problem(410, "This link was used already or is too old. Sign in to see the alert.")


def _acknowledging(alert: Any, standing: Standing, who: str | None, token: str) -> dict[str, Any]:  # noqa: ANN401 - a database row
    """Values of the page for one link; a token that is used up is empty, and the work is done."""
    return {
        "alert": report.told(alert),
        "who": who,
        "token": token,
        "handling": report.shown(standing),
        "done": not token,
    }


def _on_duty(roster: Roster) -> dict[str, Any]:
    return {"people": [duty.who for duty in roster.people], "hole": roster.hole}


def _alert(ctx: Context) -> Any:  # noqa: ANN401 - a database row
    alert = ctx.store.handling.alert(ctx["alid"])
    if alert is None:
        raise Problem(404, "There is no such alert.")
    return alert
