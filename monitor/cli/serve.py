"""``monitor serve``: the pages for people, on this machine unless told otherwise."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from gettext import gettext
from pathlib import Path

import click

from monitor.app import App
from monitor.cli.options import with_app


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need --public-url.")
@click.option("--port", default=8321, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--public-url", metavar="URL", help="Address by which people reach it, such as https://monitor.example.com."
)
@with_app()
def serve_command(*, app: App, language: str, as_json: bool, host: str, port: int, public_url: str | None) -> int:
    """Serve the pages: queue, week, alerts, sources, people. 画面を提供します。

    The first start prints a one-time link by which the first administrator sets a password. HTTPS is a proxy's work:
    name the outer address with --public-url, and let the proxy pass the Host header on.
    """
    import uvicorn  # noqa: PLC0415 - only this command serves

    from monitor.web.accounts import first_link  # noqa: PLC0415 - see above
    from monitor.web.factory import create_app  # noqa: PLC0415 - see above
    from monitor.web.security import Origin  # noqa: PLC0415 - see above

    try:
        origin = Origin.of(host, port, public_url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if app.where is None:
        raise click.UsageError(gettext("a database in memory cannot be served; name a file with --db"))
    _keep_private(app.where)
    site = create_app(app, origin, app.where)
    token = first_link(app.store, int(app.now().timestamp()))
    say = {
        "en": (
            f"Serving at {origin.url}",
            "Nobody can sign in yet. Open this link once to set the first administrator's password:",
        ),
        "ja": (
            f"{origin.url} で提供しています",
            "まだ誰もサインインできません。次のリンクを一度だけ開き、最初の管理者のパスワードを設定してください。",
        ),
    }[language]
    if not as_json:
        click.echo(say[0])
        if token:
            click.echo(f"{say[1]}\n  {origin.url}/welcome?token={token}")
    # else the first to open a week would wait for it, and all others with them
    threading.Thread(target=warm, daemon=True).start()
    uvicorn.run(
        site,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,  # addresses hold one-time tokens and search words
        server_header=False,
        proxy_headers=public_url is not None,
        forwarded_allow_ips=",".join(app.settings.web.proxies),
        timeout_keep_alive=15,
        limit_concurrency=500,  # connections; more are answered 503 at once
    )
    return 0


def warm() -> None:
    """Have another process make the library of the charts: made in this one, it holds all pages up for seconds.

    Call it in a thread. Where that fails, the library is made when it is asked for.
    """
    from monitor.charts.picture import bundle  # noqa: PLC0415 - only this command serves

    script = "import sys; from monitor.charts.picture import bundle; sys.stdout.buffer.write(bundle())"
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        bundle(
            lambda: (
                subprocess.run(  # noqa: S603 - our own script
                    [sys.executable, "-c", script], stdout=subprocess.PIPE, check=True
                ).stdout
            )
        )


def _keep_private(where: str) -> None:
    """Let nobody else on this machine read the database, which holds people's password hashes."""
    if "://" not in where and Path(where).exists():
        Path(where).chmod(0o600)
