"""OAuth 2.0: a refresh token works once, so its successor is on the disk before it is used, whoever asks."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from connectors.x import X
from connectors.x.__main__ import main
from monitor.errors import NotAllowed, TryLater
from monitor.secret import TokenFile
from tests.fakes.x import FakeX, Reply
from tests.fakes.x_keys import target
from tests.fakes.x_world import START


@pytest.fixture
def fake(fake: FakeX) -> FakeX:
    """An X at which the brand has signed in with OAuth 2.0."""
    fake.tokens["access-acme-1"] = "acme"
    fake.refresh["refresh-acme-1"] = "acme", 1
    return fake


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    file = TokenFile(tmp_path / "x.tokens")
    file.save(
        {
            "access_token": "access-acme-1",
            "refresh_token": "refresh-acme-1",
            "scope": "tweet.read users.read tweet.write offline.access",
            "user_id": "1000",
        }
    )
    return file


def connector(fake: FakeX, tokens: TokenFile) -> X:
    given = {"client_id": "client", "token_file": str(tokens.path), "handle": "acme", "service": fake.url}
    return X(X.Settings.model_validate(given))


def test_an_expired_session_is_renewed_and_stored(fake: FakeX, tokens: TokenFile) -> None:
    mention = fake.world.write("a", "@acme いつ")
    x = connector(fake, tokens)
    assert x.measure([f"x:{mention}"])
    fake.revoked.add("access-acme-1")
    assert x.measure([f"x:{mention}"])
    assert tokens.load()["access_token"] == "access-acme-2"
    assert tokens.load()["refresh_token"] == "refresh-acme-2"
    assert tokens.load()["user_id"] == "1000"
    assert tokens.path.stat().st_mode & 0o077 == 0
    fake.revoked.add("access-acme-2")
    sent = x.reply(f"x:{mention}", "明日です")
    assert (sent.author.id, fake.writes) == ("x:1000", 1)


def test_two_that_renew_at_once_use_the_token_once(fake: FakeX, tokens: TokenFile) -> None:
    mention = fake.world.write("a", "@acme いつ")
    fake.revoked.add("access-acme-1")
    connectors = [connector(fake, tokens) for _ in range(6)]
    results: list[object] = []

    def ask(x: X) -> None:
        try:
            results.append(len(x.measure([f"x:{mention}"])))
        except NotAllowed as error:
            results.append(error)

    threads = [threading.Thread(target=ask, args=(x,)) for x in connectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 6
    assert set(fake.refresh) == {"refresh-acme-2"}


def test_a_used_up_token_asks_a_person_to_sign_in(fake: FakeX, tokens: TokenFile) -> None:
    fake.revoked.add("access-acme-1")
    fake.refresh.clear()
    with pytest.raises(NotAllowed, match=r"python -m connectors\.x") as raised:
        connector(fake, tokens).measure(["x:2094575209804726272"])
    assert "refresh-acme-1" not in str(raised.value)
    assert tokens.load()["refresh_token"] == "refresh-acme-1"


def test_a_server_in_trouble_does_not_end_the_session(fake: FakeX, tokens: TokenFile) -> None:
    fake.revoked.add("access-acme-1")
    fake._token = lambda _form: Reply(503, "")  # type: ignore[method-assign]
    with pytest.raises(TryLater, match="renew"):
        connector(fake, tokens).measure(["x:2094575209804726272"])


def test_without_a_token_file_the_cure_is_named(fake: FakeX, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="nobody has signed in"):
        connector(fake, TokenFile(tmp_path / "none")).fetch(target(START), None)
    (tmp_path / "broken").write_text("{", encoding="utf-8")
    with pytest.raises(NotAllowed, match="sign in again"):
        connector(fake, TokenFile(tmp_path / "broken")).fetch(target(START), None)


def test_the_doctor_sees_a_missing_right(fake: FakeX, tokens: TokenFile) -> None:
    tokens.save({**tokens.load(), "scope": "tweet.read users.read"})
    found = {check.capability: check.state for check in connector(fake, tokens).check(target(START))}
    assert (found["account"], found["reply"]) == ("works", "scope")


def test_signing_in_writes_the_token_file(fake: FakeX, tmp_path: Path) -> None:
    seen: list[dict[str, list[str]]] = []

    def token(form: dict[str, list[str]]) -> Reply:
        seen.append(form)
        fake.tokens["access-acme-9"] = "acme"
        body = {
            "token_type": "bearer",
            "access_token": "access-acme-9",
            "refresh_token": "refresh-acme-9",
            "scope": "tweet.read users.read tweet.write offline.access",
        }
        return Reply(200, body)

    fake._token = token  # type: ignore[method-assign]
    path = tmp_path / "x.tokens"
    arguments = ["--client-id", "client", "--token-file", str(path), "--service", fake.url]
    command = [sys.executable, "-u", "-m", "connectors.x", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], text=True, **pipes) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        shown = next(line for line in running.stdout if "oauth2/authorize" in line)
        asked = parse_qs(urlsplit(shown.strip()).query)
        running.stdin.write(f"http://127.0.0.1:8721/?state={asked['state'][0]}&code=abc\n")
        running.stdin.close()
        told = running.stdout.read()
        assert running.wait(30) == 0, told
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"tweet.read", "users.read", "tweet.write", "offline.access"}
    assert json.loads(path.read_text(encoding="utf-8"))["user_id"] == "1000"
    assert seen[-1]["code"] == ["abc"]
    assert seen[-1]["code_verifier"]
    assert "access-acme-9" not in shown + told
    assert "Signed in as @acme" in told


def test_an_address_that_was_not_asked_for_signs_nobody_in(fake: FakeX, tmp_path: Path) -> None:
    path = tmp_path / "x.tokens"
    arguments = ["--client-id", "client", "--token-file", str(path), "--service", fake.url]
    result = CliRunner().invoke(main, arguments, input="http://127.0.0.1:8721/?state=other&code=abc\n")
    assert result.exit_code == 1
    assert "begin again" in result.output
    assert not path.exists()
