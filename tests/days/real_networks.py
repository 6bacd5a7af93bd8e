"""The four networks for tests of writing: the real connector, its fake server, and a gate between them."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from monitor.connector import Connector
from monitor.timing import iso
from tests.days.gate import Gate, Said
from tests.fakes import bluesky as sky
from tests.fakes import mastodon as herd
from tests.fakes import reddit as forum
from tests.fakes.x import FakeX
from tests.fakes.x_answers import trouble
from tests.fakes.x_world import World

WAIT = 60  # seconds for which the networks ask to wait
ASK = "注文した本がまだ届きません。いつ届きますか？"

# network -> the connector's class, the module that holds its time limits, and what it loads when it is used
CLASSES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "x": ("connectors.x:X", "connectors.x.transport", ("tweepy", "connectors.x.api", "connectors.x.write")),
    "reddit": ("connectors.reddit:Reddit", "connectors.reddit.transport", ("connectors.reddit.write",)),
    "bluesky": ("connectors.bluesky:Bluesky", "connectors.bluesky.transport", ("connectors.bluesky.write",)),
    "mastodon": ("connectors.mastodon:Mastodon", "connectors.mastodon.client", ("connectors.mastodon.write",)),
}


def made(network: str, settings: Mapping[str, Any]) -> Connector:
    """Return the real connector with these settings."""
    place, _, name = CLASSES[network][0].partition(":")
    kind = getattr(importlib.import_module(place), name)
    found: Connector = kind(kind.Settings.model_validate(settings))
    return found


class Far:
    """A network: its fake, the gate before it, and what is public on it. Use as a context manager."""

    network = ""
    account = ""
    writes_to = ""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._stack = ExitStack()
        self.asked: list[str] = []
        self.gate = Gate(self.start(), self._is_write, self.answered, self.limited, self.refusal())
        self.gate.tick = self.tick

    def __enter__(self) -> Far:
        self._stack.enter_context(self.gate)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self) -> str:
        """Start the fake and return its address."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return the keys of the source in config.toml."""
        raise NotImplementedError

    def connector(self) -> Connector:
        """Return a new connector."""
        return made(self.network, self.settings())

    def ask(self) -> str:
        """Let a customer ask something; return the post's id."""
        raise NotImplementedError

    def public(self, post: str) -> list[str]:
        """Return the ids of the brand's answers to a post."""
        raise NotImplementedError

    def by_hand(self, post: str, text: str) -> None:
        """Let somebody answer for the brand in the network's own app."""
        raise NotImplementedError

    def answered(self, body: bytes) -> str:
        """Return the post that a request to publish answers."""
        raise NotImplementedError

    def limited(self) -> Said:
        """Return what it says when it limits."""
        raise NotImplementedError

    def refusal(self) -> Said:
        """Return what it says when it forbids an answer."""
        raise NotImplementedError

    def tick(self) -> None:
        """Set the network's clock."""

    def _is_write(self, method: str, path: str) -> bool:
        return method == "POST" and path.rstrip("/") == self.writes_to

    def _secret(self, name: str, value: str) -> str:
        path = self.place / f"{self.network}-{name}"
        path.touch(0o600)
        path.write_text(value, encoding="utf-8")
        return f"file:{path}"


class OnX(Far):
    """X through tweepy, signed with OAuth 1.0a."""

    network, account, writes_to = "x", "acme", "/2/tweets"

    def start(self) -> str:
        self.world = World(datetime.now(UTC))
        number = self.world.account("acme").id
        self.fake = self._stack.enter_context(FakeX(self.world))
        self.token = f"{number}-at-SECRET"
        self.fake.tokens[self.token] = "acme"
        return self.fake.url

    def tick(self) -> None:
        self.world.now = datetime.now(UTC)

    def settings(self) -> dict[str, Any]:
        values = {
            "consumer_key": "ck",
            "consumer_secret": "cs",
            "access_token_secret": "as",
            "access_token": self.token,
        }
        keys = {name: self._secret(name, value) for name, value in values.items()}
        return {"handle": "acme", "service": self.gate.url, "search": False, "threads": 0, **keys}

    def ask(self) -> str:
        self.tick()
        self.asked.append(f"x:{self.world.write(f'c{len(self.asked)}', f'@acme {ASK}')}")
        return self.asked[-1]

    def public(self, post: str) -> list[str]:
        with self.world.lock:
            rows = [one for one in self.world.posts if f"x:{one.reply_to}" == post and one.author.username == "acme"]
        return [f"x:{one.id}" for one in rows]

    def by_hand(self, post: str, text: str) -> None:
        self.tick()
        self.world.write("acme", text, reply_to=int(post.removeprefix("x:")))

    def answered(self, body: bytes) -> str:
        return f"x:{json.loads(body)['reply']['in_reply_to_tweet_id']}"

    def limited(self) -> Said:
        reset = str(int(time.time()) + WAIT)
        said = trouble(429, "Too Many Requests", "Too Many Requests")
        return Said.json(429, said, x_rate_limit_limit="100", x_rate_limit_remaining="0", x_rate_limit_reset=reset)

    def refusal(self) -> Said:
        detail = "Reply to this conversation is not allowed because you have not been mentioned by the author."
        return Said.json(403, trouble(403, "Forbidden", detail))


class OnReddit(Far):
    """Reddit through praw, with a refresh token."""

    network, account, writes_to = "reddit", forum.ME, "/api/comment"

    def start(self) -> str:
        self.fake = self._stack.enter_context(forum.FakeReddit())
        assert isinstance(self.fake, forum.FakeReddit)
        self.fake.post("p1", "本の話", datetime.now(UTC), by="dan")
        return self.fake.url

    def settings(self) -> dict[str, Any]:
        return {
            "client_id": forum.CLIENT,
            "client_secret": self._secret("client_secret", forum.SECRET),
            "refresh_token": self._secret("refresh_token", forum.REFRESH),
            "contact": "acme_tools",
            "search": False,
            "server": self.gate.url,
        }

    def ask(self) -> str:
        name = self.fake.comment(f"q{len(self.asked)}", "t3_p1", ASK, datetime.now(UTC), by=f"c{len(self.asked)}")
        self.fake.notify("mentions", name)
        self.asked.append(f"reddit:{name}")
        return self.asked[-1]

    def public(self, post: str) -> list[str]:
        rows = [row for row in list(self.fake.things.values()) if f"reddit:{row.get('parent_id')}" == post]
        return [f"reddit:{row['name']}" for row in rows if row["author"] == forum.ME]

    def by_hand(self, post: str, text: str) -> None:
        self.fake.comment("hand", post.removeprefix("reddit:"), text, datetime.now(UTC), by=forum.ME)

    def answered(self, body: bytes) -> str:
        return f"reddit:{parse_qs(body.decode())['thing_id'][0]}"

    def limited(self) -> Said:
        return Said.json(429, {"message": "Too Many Requests", "error": 429}, retry_after=str(WAIT))

    def refusal(self) -> Said:
        return Said.json(403, {"message": "Forbidden", "error": 403})


class _Sky(sky.FakeBluesky):
    """Shows what is written in feeds and threads too, as the network does."""

    def _createRecord(self, request: Any) -> Any:  # noqa: N802 - the method's own name
        record = request.json()["record"]
        made_ = super()._createRecord(request)
        key = made_["uri"].rpartition("/")[2]
        self.add(key, record["text"], record["createdAt"], by=sky.HANDLE, record=record)
        return made_


class OnBluesky(Far):
    """Bluesky through atproto, with an app password."""

    network, account, writes_to = "bluesky", sky.HANDLE, "/xrpc/com.atproto.repo.createRecord"

    def start(self) -> str:
        self.fake = self._stack.enter_context(_Sky(page=100))
        assert isinstance(self.fake, _Sky)
        return self.fake.url

    def settings(self) -> dict[str, Any]:
        return {
            "handle": sky.HANDLE,
            "password": self._secret("password", sky.PASSWORD),
            "service": self.gate.url,
            "search": False,
            "session_file": str(self.place / "bluesky.session"),
        }

    def ask(self) -> str:
        number, at = len(self.asked), sky.stamp(datetime.now(UTC))
        self.asked.append(f"bluesky:{self.fake.add(f'q{number}', f'@acme {ASK}', at, by=f'c{number}', notify=True)}")
        return self.asked[-1]

    def public(self, post: str) -> list[str]:
        rows = [(row["uri"], row["value"]["reply"]["parent"]["uri"]) for row in list(self.fake.written)]
        return [f"bluesky:{uri}" for uri, parent in rows if f"bluesky:{parent}" == post]

    def by_hand(self, post: str, text: str) -> None:
        here = {"uri": post.removeprefix("bluesky:"), "cid": "c"}
        record = {"text": text, "createdAt": iso(datetime.now(UTC)), "reply": {"parent": here, "root": here}}
        uri = f"at://{sky.ME}/{sky.POST}/hand"
        self.fake.written.insert(0, {"uri": uri, "cid": "bafyhand", "value": {"$type": sky.POST, **record}})

    def answered(self, body: bytes) -> str:
        return f"bluesky:{json.loads(body)['record']['reply']['parent']['uri']}"

    def limited(self) -> Said:
        said = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        return Said.json(429, said, ratelimit_remaining="0", ratelimit_reset=str(int(time.time()) + WAIT))

    def refusal(self) -> Said:
        return Said.json(403, {"error": "Forbidden", "message": "this account may not write"})


class OnMastodon(Far):
    """Mastodon through Mastodon.py, with an access token."""

    network, account, writes_to = "mastodon", "acme@acme.example", "/api/v1/statuses"

    def start(self) -> str:
        self.fake = self._stack.enter_context(herd.FakeMastodon(page=40))
        assert isinstance(self.fake, herd.FakeMastodon)
        return self.fake.url

    def settings(self) -> dict[str, Any]:
        return {"instance": self.gate.url, "token": self._secret("token", herd.TOKEN), "search": False}

    @property
    def _host(self) -> str:
        return self.gate.url.removeprefix("http://")

    def ask(self) -> str:
        number, at = len(self.asked), herd.stamp(datetime.now(UTC))
        words = f'<p><a href="https://acme.example/@acme" class="u-url mention">@<span>acme</span></a> {ASK}</p>'
        # the fake numbers what it is sent from 800 on
        self.fake.add(f"5{number:05}", words, at, by=f"c{number}@other.example", notify="mention")
        self.asked.append(f"mastodon:{self._host}/5{number:05}")
        return self.asked[-1]

    def public(self, post: str) -> list[str]:
        number = post.rpartition("/")[2]
        rows = [row for row in list(self.fake.statuses) if row["in_reply_to_id"] == number]
        return [f"mastodon:{self._host}/{row['id']}" for row in rows if row["account"]["acct"] == "acme"]

    def by_hand(self, post: str, text: str) -> None:
        number, at = post.rpartition("/")[2], herd.stamp(datetime.now(UTC))
        self.fake.add("790", f"<p>{text}</p>", at, by="acme", in_reply_to_id=number)

    def answered(self, body: bytes) -> str:
        return f"mastodon:{self._host}/{parse_qs(body.decode())['in_reply_to_id'][0]}"

    def limited(self) -> Said:
        until = herd.stamp(datetime.fromtimestamp(time.time() + WAIT, UTC))
        said = {"error": "Too many requests"}
        return Said.json(429, said, X_RateLimit_Limit="300", X_RateLimit_Remaining="0", X_RateLimit_Reset=until)

    def refusal(self) -> Said:
        return Said.json(403, {"error": "This action is not allowed"})


FAR: Mapping[str, type[Far]] = {kind.network: kind for kind in (OnX, OnReddit, OnBluesky, OnMastodon)}
