"""``monitor people``: who may sign in, invitations, and the audit log, from the terminal of whoever runs the machine."""

from __future__ import annotations

import click

from monitor.app import App
from monitor.cli.helping import Group
from monitor.cli.options import show, with_app
from monitor.errors import MonitorError
from monitor.people import ROLES

_WHO = "terminal"


@click.group("people", cls=Group)
def people_command() -> None:
    """Who may sign in to `monitor serve`. 画面にサインインできる人を管理します。"""


@people_command.command("list")
@with_app(read_only=True)
def list_command(*, app: App, language: str, as_json: bool) -> int:
    """Everybody, with their role."""
    rows = [
        {"name": row["name"], "role": row["role"], "disabled": row["disabled_at"] is not None}
        for row in app.store.people.all()
    ]
    if as_json:
        show(rows)
        return 0
    for row in rows:
        off = ("  (停止中)" if language == "ja" else "  (disabled)") if row["disabled"] else ""
        click.echo(f"{row['name']}  {row['role']}{off}")
    if not rows:
        click.echo("まだ誰もいません。" if language == "ja" else "Nobody yet.")
    return 0


@people_command.command("invite")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True)
@click.option(
    "--url", default="http://127.0.0.1:8321", show_default=True, help="Address by which people reach the pages."
)
@with_app()
def invite_command(*, app: App, language: str, as_json: bool, name: str, role: str, url: str) -> int:
    """Print a one-time link by which NAME sets a password: somebody new, or whoever has lost it."""
    from monitor.web import accounts  # noqa: PLC0415 - argon2 is slow to import
    from monitor.web.context import Problem  # noqa: PLC0415 - see above
    from monitor.web.words import Words  # noqa: PLC0415 - see above

    at = int(app.now().timestamp())
    known = app.store.people.named(name)
    try:
        if known is not None:
            token = accounts.reset_link(app.store, known["uid"], at, _WHO)
        else:
            token = accounts.invite(app.store, next(r for r in ROLES if r == role), at, name=name, by=_WHO)
    except Problem as problem:
        raise MonitorError(Words(language)(problem.sentence, **problem.values)) from problem
    link = f"{url.rstrip('/')}/welcome?token={token}"
    if as_json:
        show({"link": link})
    else:
        click.echo(link)
    return 0


@people_command.command("disable")
@click.argument("name")
@with_app()
def disable_command(*, app: App, language: str, as_json: bool, name: str) -> int:
    """Let NAME in no more; their sessions end at once."""
    at = int(app.now().timestamp())
    row = app.store.people.named(name)
    if row is None:
        raise MonitorError(f"there is nobody called {name}; `monitor people list` shows who there is")
    with app.store.transaction():
        app.store.people.disable(row["uid"], at)
        app.store.people.audit(at, _WHO, "disabled", row["name"])
    if as_json:
        show({"disabled": row["name"]})
    else:
        click.echo(
            f"{row['name']} はサインインできなくなりました。"
            if language == "ja"
            else f"{row['name']} can no longer sign in."
        )
    return 0


@people_command.command("verify")
@with_app(read_only=True)
def verify_command(*, app: App, language: str, as_json: bool) -> int:
    """Check the audit log's chain: whether any line was changed or dropped."""
    fault = app.store.people.audit_fault()
    if as_json:
        show({"fault": fault})
    elif fault is None:
        click.echo("監査ログの連鎖は保たれています。" if language == "ja" else "The audit log's chain holds.")
    else:
        click.echo(
            f"監査ログの{fault}行目で連鎖が切れています。"
            if language == "ja"
            else f"The audit log's chain breaks at line {fault}."
        )
    return 0 if fault is None else 1
