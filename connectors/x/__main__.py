"""Signing in with OAuth 2.0: ``python -m connectors.x --client-id ID --token-file x.tokens`` writes the token file."""

from __future__ import annotations

from pathlib import Path

import click

from connectors.x.tokens import REDIRECT, SCOPES, as_text, signing_in
from connectors.x.transport import Adapter, quieten
from monitor.secret import TokenFile, read_secret


@click.command()
@click.option("--client-id", required=True, help="Client id of the app, as the developer console shows it.")
@click.option("--client-secret", help="Its secret, if the app is confidential: env:NAME or file:PATH.")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="File to write; one per account.")
@click.option("--service", help="Another server in place of X's.", hidden=True)
def main(client_id: str, client_secret: str | None, token_file: Path, service: str | None) -> None:
    """Let an account of X grant this monitor the right to read and to reply."""
    from oauthlib.oauth2 import OAuth2Error  # noqa: PLC0415 - loaded when it is used
    from requests import RequestException  # noqa: PLC0415 - see above

    quieten()
    adapter = Adapter(service)
    try:
        secret = read_secret(client_secret) if client_secret else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    handler = signing_in(client_id, secret, adapter, SCOPES)
    click.echo(f"1. In the developer console add {REDIRECT} to the app's callback addresses.")
    click.echo(f"2. Open this address, signed in with the account that answers:\n\n{handler.get_authorization_url()}\n")
    click.echo("3. After you have agreed, the browser goes to a page that does not load. Copy its whole address.")
    came = click.prompt("The address").strip().replace("http://", "https://", 1)
    try:
        token = handler.fetch_token(came)
    except (OAuth2Error, RequestException, ValueError, AttributeError) as error:
        raise click.ClickException(f"X does not take it ({type(error).__name__}: {error}); begin again") from error
    tokens = as_text(token)
    file = TokenFile(token_file)
    with file.lock():
        file.save(tokens)
        me = handler.get("https://api.twitter.com/2/users/me").json().get("data") or {}
        file.save({**tokens, **({"user_id": str(me["id"]), "username": str(me["username"])} if me else {})})
    click.echo(f"Signed in{' as @' + str(me['username']) if me else ''}; {file.path} holds the tokens.")


if __name__ == "__main__":
    main()
