"""Signing in and out, one-time links, and one's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.web import accounts
from monitor.web.context import Away, Context, Done, Problem
from monitor.web.oidc import Provider, provider_of
from monitor.web.registry import Param, Routes
from monitor.web.serving import signed_in, signed_out

routes = Routes()
_NEXT = Param(name="next", about="Where to go afterwards, a path of this site.", default="/", longest=2000)
_LANG = Param(name="lang", about="Language of the page.", default="", longest=10)
_TOKEN = Param(name="token", about="The one-time link's token.", required=True, longest=100, secret=True)
_PASSWORD = Param(name="password", about="The password.", required=True, longest=2000, secret=True)


@routes.page("/sign-in", rule="public", template="sign_in.html", about="The sign-in page.", params=(_NEXT, _LANG))
def sign_in_page(ctx: Context) -> Mapping[str, Any]:
    """Show the form."""
    return {"next": ctx["next"], "problem": None, "name": ""}


@routes.action(
    "/sign-in",
    rule="public",
    about="Sign in: sets the session's cookie.",
    params=(Param(name="name", about="Who signs in.", required=True, longest=200), _PASSWORD, _NEXT, _LANG),
)
def sign_in(ctx: Context) -> Done:
    """Begin a session under a new id."""
    _passwords(ctx)
    token, uid = accounts.sign_in(ctx.store, ctx["name"], ctx["password"], ctx.address, ctx.agent, ctx.at)
    if ctx.person is not None:
        ctx.store.people.end(ctx.person.uid, ctx.session, ctx.at)
    if ctx["lang"] in ("en", "ja"):
        ctx.store.people.choose(uid, language=ctx["lang"])
        ctx.cookies["lang"] = ctx["lang"]
    signed_in(ctx, token)
    return Done(to=ctx["next"], data={"name": ctx["name"]})


@routes.page(
    "/welcome", rule="public", template="welcome.html", about="Where a one-time link leads.", params=(_TOKEN, _LANG)
)
def welcome_page(ctx: Context) -> Mapping[str, Any]:
    """Show the form that sets a password; looking at it does not use the link up."""
    link = ctx.store.people.invitation(ctx["token"], ctx.at)
    if link is None:
        raise Problem(410, "This link was used already or is too old. Ask an administrator for a new one.")
    old = None if link["uid"] is None else ctx.store.people.get(link["uid"])
    return {
        "token": ctx["token"],
        "name": old["name"] if old else link["name"] or "",
        "fixed": bool(old or link["name"]),
        "role": link["role"],
    }


@routes.action(
    "/welcome",
    rule="public",
    about="Set a password by a one-time link, and sign in.",
    params=(_TOKEN, Param(name="name", about="Name of somebody new.", default="", longest=200), _PASSWORD, _LANG),
)
def welcome(ctx: Context) -> Done:
    """Use the link up and begin a session."""
    _passwords(ctx)
    language = ctx["lang"] if ctx["lang"] in ("en", "ja") else None
    uid = accounts.accept(ctx.store, ctx["token"], ctx["name"], ctx["password"], ctx.at, language)
    row = ctx.store.people.get(uid)
    token, _ = accounts.sign_in(ctx.store, row["name"] if row else "", ctx["password"], ctx.address, ctx.agent, ctx.at)
    signed_in(ctx, token)
    return Done(to="/", notice=ctx._("Welcome."))


@routes.page(
    "/sign-in/oidc",
    rule="public",
    template=None,
    about="Goes on to the identity provider's sign-in, where the settings name one.",
    twin=False,
    params=(
        _NEXT,
        Param(name="token", about="A one-time link's token: the account will be bound to it.", default="", longest=100),
        Param(name="bind", about="Bind it to the account that is signed in.", kind="boolean", default=False),
    ),
)
def begin(ctx: Context) -> Away:
    """Send the browser to the provider; nothing is stored here."""
    provider = _provider(ctx)
    uid = ctx.me.uid if ctx["bind"] else 0
    url, kept = provider.begin(ctx.at, ctx["next"], invitation=ctx["token"], uid=uid)
    ctx.cookies["__Host-begun" if ctx.secure else "begun"] = kept
    return Away(to=url)


@routes.page(
    "/sign-in/oidc/back",
    rule="public",
    template=None,
    about="Where the identity provider sends people back to.",
    twin=False,
    params=(
        Param(name="state", about="The sign-in that was begun.", default="", longest=200),
        Param(name="code", about="What the provider gives for it.", default="", longest=4000),
        Param(name="error", about="What the provider says instead.", default="", longest=200),
        Param(name="iss", about="The provider that says so.", default="", longest=500),
    ),
)
def back(ctx: Context) -> Done:
    """Finish a sign-in through the provider."""
    provider = _provider(ctx)
    ctx.cookies["__Host-begun" if ctx.secure else "begun"] = None
    begun = provider.opened(ctx.begun, ctx["state"], ctx.at)
    if ctx["iss"] not in ("", provider.settings.issuer):
        raise Problem(400, "This sign-in was not begun in this browser. Please begin again.")
    if ctx["error"] or not ctx["code"]:
        raise Problem(
            403, "%(name)s did not let you in. Please begin again, or ask there.", name=provider.settings.shown
        )
    if begun.uid and (ctx.person is None or ctx.person.uid != begun.uid):
        raise Problem(403, "Somebody else is signed in here by now. Please begin again.")
    identity = provider.identity(begun, ctx["code"], ctx.at)
    token, _ = accounts.admit(ctx.store, provider.settings, identity, begun, ctx.address, ctx.agent, ctx.at)
    if ctx.person is not None:
        ctx.store.people.end(ctx.person.uid, ctx.session, ctx.at)
    signed_in(ctx, token)
    return Done(to=begun.onward)


@routes.action(
    "/me/unbind", rule="self", about="Sign in by password only: the identity provider is not asked any more."
)
def unbind(ctx: Context) -> Done:
    """Take the provider's account away from one's own, where a password is left to sign in with."""
    row = ctx.store.people.get(ctx.me.uid)
    if row is None or row["password"] is None or not ctx.app.settings.web.passwords:
        raise Problem(409, "This is the only way in which you can sign in.")
    with ctx.store.transaction():
        ctx.store.people.bind(ctx.me.uid, None)
        ctx.store.people.audit(ctx.at, ctx.me.name, "provider_unbound", ctx.me.name)
    return Done(to="/me", notice=ctx._("Saved."))


def _provider(ctx: Context) -> Provider:
    settings = ctx.app.settings.web.oidc
    if not settings.issuer:
        raise Problem(404, "There is no such page.")
    return provider_of(settings.model_dump_json(), f"{ctx.origin}/sign-in/oidc/back")


def _passwords(ctx: Context) -> None:
    if not ctx.app.settings.web.passwords:
        raise Problem(
            403, "Passwords are turned off here: sign in through %(name)s.", name=ctx.app.settings.web.oidc.shown
        )


@routes.action("/sign-out", rule="self", about="End this session.")
def sign_out(ctx: Context) -> Done:
    """End this session on the server too."""
    with ctx.store.transaction():
        ctx.store.people.end(ctx.me.uid, ctx.session, ctx.at)
        ctx.store.people.audit(ctx.at, ctx.me.name, "signed_out", ctx.me.name)
    signed_out(ctx)
    return Done(to="/sign-in")


@routes.page("/me", rule="self", template="me.html", about="One's own settings and sessions.")
def me(ctx: Context) -> Mapping[str, Any]:
    """Show language, theme, password and sessions."""
    sessions = [
        {
            "id": row["sid"],
            "address": row["address"],
            "agent": row["agent"],
            "since": row["made_at"],
            "seen": row["seen_at"],
            "this": row["sid"] == ctx.session,
        }
        for row in ctx.store.people.sessions(ctx.me.uid, ctx.at)
    ]
    row = ctx.store.people.get(ctx.me.uid)
    return {
        "name": ctx.me.name,
        "role": ctx.me.role,
        "language": ctx.language,
        "theme": ctx.theme,
        "sessions": sessions,
        "bound": row is not None and row["subject"] is not None,
        "password": row is not None and row["password"] is not None,
    }


@routes.action(
    "/me/choose",
    rule="self",
    about="Choose one's language or theme.",
    params=(
        Param(name="language", about="Language.", choices=("en", "ja")),
        Param(name="theme", about="Theme.", choices=("auto", "light", "dark")),
        _NEXT,
    ),
)
def choose(ctx: Context) -> Done:
    """Keep the choice with the person and in the browser."""
    ctx.store.people.choose(ctx.me.uid, language=ctx["language"], theme=ctx["theme"])
    if ctx["language"]:
        ctx.cookies["lang"] = ctx["language"]
    if ctx["theme"]:
        ctx.cookies["theme"] = ctx["theme"]
    return Done(to=ctx["next"])


@routes.action(
    "/me/password",
    rule="self",
    about="Change one's password; every other session ends.",
    params=(Param(name="old", about="The present password.", required=True, longest=2000, secret=True), _PASSWORD),
)
def password(ctx: Context) -> Done:
    """Check the old one, set the new one."""
    _passwords(ctx)
    row = ctx.store.people.get(ctx.me.uid)
    if row is None or not accounts.right(row["password"], ctx["old"]):
        raise Problem(422, "The present password is wrong.")
    accounts.check_password(ctx["password"], ctx.me.name)
    digest = accounts.hasher().hash(ctx["password"])
    with ctx.store.transaction():
        ctx.store.people.set_password(ctx.me.uid, digest, ctx.at, but=ctx.session)
        ctx.store.people.audit(ctx.at, ctx.me.name, "password_set", ctx.me.name)
    return Done(to="/me", notice=ctx._("The password is changed; other sessions have ended."))


@routes.action(
    "/me/sessions/end",
    rule="self",
    about="End one of one's own sessions, or all others (0).",
    params=(Param(name="session", about="Number of the session; 0: all but this.", kind="integer", required=True),),
)
def end_session(ctx: Context) -> Done:
    """End sessions elsewhere."""
    with ctx.store.transaction():
        if ctx["session"]:
            ended = int(ctx.store.people.end(ctx.me.uid, ctx["session"], ctx.at))
        else:
            ended = ctx.store.people.end_all(ctx.me.uid, ctx.at, but=ctx.session)
        ctx.store.people.audit(ctx.at, ctx.me.name, "sessions_ended", ctx.me.name, count=str(ended))
    return Done(to="/me", data={"ended": ended}, notice=ctx._("Sessions ended: %(count)s", count=ended))
