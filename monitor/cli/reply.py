"""`monitor reply`: answer a conversation from the terminal, once, with everything said before it is sent."""

from __future__ import annotations

import time
import uuid

import click

from monitor.app import App
from monitor.cli.options import show, with_app
from monitor.desk import Refused
from monitor.desk.outgoing import Outgoing
from monitor.desk.writing import Writing
from monitor.errors import MonitorError
from monitor.phrases import permit_of

_WAIT = 90  # seconds that the terminal waits for an answer of the network before it says that it is still unknown


@click.command("reply")
@click.argument("conversation", type=int)
@click.argument("text")
@click.option("--as", "actor", required=True, help="Your name, as colleagues know it.")
@click.option("--key", help="A name for this sending; the same one again sends nothing more (default: a new one).")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@with_app()
def reply_command(
    *, app: App, language: str, as_json: bool, conversation: int, text: str, actor: str, key: str | None, yes: bool
) -> int:
    """Answer a conversation of `monitor queue`, by the brand's account. 待っているお客様に返信します。

    Says first whether it can be sent, what it costs and what is odd about it. It is sent once; where the network's
    answer is lost, the reply is looked for there and never sent blindly again.
    """
    writing = app.writing()
    try:
        prepared = writing.prepare(conversation, actor, text)
        told = prepared.as_dict(language)
        if not as_json:
            _explain(told, language)
        if prepared.permit.allowed and not yes and not as_json:
            click.confirm("送信しますか" if language == "ja" else "Send", abort=True)
        sent = writing.submit(conversation, actor, text, key=key or str(uuid.uuid4()))
    except Refused as refused:
        raise MonitorError(refused.sentence(language)) from refused
    if sent.state == "ready":
        app.send()
    until = time.monotonic() + (0 if as_json else _WAIT)
    # another process, such as `monitor run`, may be the one that sends it
    while (sent := _now(writing, sent)).state in ("ready", "sending") and time.monotonic() < until:
        time.sleep(1)
    if as_json:
        show({"prepared": told, "reply": sent.as_dict(language)})
    else:
        click.echo(sent.sentence(language))
    return 0 if sent.state in ("sent", "draft") else 1


def _now(writing: Writing, sent: Outgoing) -> Outgoing:
    return next(reply for reply in writing.outgoing(sent.cid) if reply.oid == sent.oid)


def _explain(told: dict[str, object], language: str) -> None:
    ja = language == "ja"
    permit = told["permit"]
    if isinstance(permit, dict) and not permit["allowed"]:
        click.echo(permit_of(permit["reason"], language))
        if permit["link"]:
            click.echo(f"{'アプリで返信: ' if ja else 'answer in the app: '}{permit['link']}")
    length = f"{told['length']}/{told['longest']}" if told["longest"] else str(told["length"])
    cost = "" if told["dollars"] is None else f" · ${told['dollars']:.3f}"
    click.echo(f"{length}{' 字' if ja else ' characters'}{cost}")
    warnings = told["warnings"]
    for warning in warnings if isinstance(warnings, list) else ():
        click.echo(f"! {warning['message']}")
