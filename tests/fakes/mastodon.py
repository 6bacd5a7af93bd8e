"""A small Mastodon on loopback, for what mastodon_mock cannot be made to do: fixed times, odd shapes, real HTML, faults."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.scripted import Answer, Request, Scripted

TOKEN = "canary-token-1234"
SINCE = datetime(2025, 6, 1, tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Write an instant as Mastodon does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class FakeMastodon(Scripted):
    """Statuses as the server gives them, newest first; listings give ``page`` of them at once."""

    def __init__(self, page: int = 3) -> None:
        super().__init__()
        self.page = page
        self.statuses: list[dict[str, Any]] = []
        self.notified: list[dict[str, Any]] = []
        self.batches = True
        self.remaining = "299"
        self.reset = stamp(SINCE + timedelta(days=1))
        self._keys: dict[str, str] = {}

    @staticmethod
    def account(name: str) -> dict[str, Any]:
        """Return an account as the server shows it; names with @ live elsewhere."""
        return {
            "id": str(sum(map(ord, name))),
            "username": name.partition("@")[0],
            "acct": name,
            "display_name": f"{name} :blobcat:",
            "locked": False,
            "bot": False,
            "followers_count": 7,
            "url": f"https://mastodon.example/@{name}",
            "emojis": [{"shortcode": "blobcat", "url": "https://mastodon.example/b.png"}],
        }

    def add(self, id_: str, html: str, at: str, *, by: str = "hana@other.example", **more: Any) -> dict[str, Any]:
        """Add a status and return it. ``notify`` is the type of the notification that it makes."""
        notify = more.pop("notify", None)
        status = {
            "id": id_,
            "created_at": at,
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "ja",
            "uri": f"https://other.example/statuses/{id_}",
            "url": f"https://other.example/@hana/{id_}",
            "replies_count": 0,
            "reblogs_count": 1,
            "favourites_count": 2,
            "edited_at": None,
            "content": html,
            "reblog": None,
            "account": self.account(by),
            "mentions": [],
            "tags": [],
            "emojis": [],
            **more,
        }
        self.statuses = sorted([*self.statuses, status], key=lambda row: str(row["created_at"]), reverse=True)
        if notify:
            row = {"id": f"9{id_}", "type": notify, "created_at": at, "account": status["account"], "status": status}
            self.notified = sorted([*self.notified, row], key=lambda row: str(row["created_at"]), reverse=True)
        return status

    def answer(self, request: Request) -> Answer:
        limits = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": self.remaining, "X-RateLimit-Reset": self.reset}
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            said = f"The access token is invalid {request.headers.get('authorization')}"
            return Answer(status=401, body={"error": said}, headers=limits)
        body = self._route(request)
        return body if isinstance(body, Answer) else Answer(body=body, headers=limits)

    def _route(self, request: Request) -> Any:  # noqa: PLR0911 - one return for each address
        path = request.path.rstrip("/")
        if path == "/api/v2/instance":
            limits = {"max_characters": 600, "characters_reserved_per_url": 30}
            return {"domain": "acme.example", "version": "4.5.0", "configuration": {"statuses": limits}}
        if path == "/api/v1/accounts/verify_credentials":
            return self.account("acme")
        if path == "/api/v1/apps/verify_credentials":
            return {"name": "monitor", "scopes": ["read", "write:statuses"]}
        if path == "/api/v1/accounts/lookup":
            return self.account(request.one("acct").removesuffix("@acme.example"))
        if path == "/api/v1/notifications":
            wanted = request.query.get("types[]", [])
            return self._page(request, [row for row in self.notified if row["type"] in wanted])
        if path == "/api/v2/search":
            return {
                "statuses": [s for s in self.statuses if request.one("q").strip('"') in s["content"]],
                "accounts": [],
            }
        if found := re.fullmatch(r"/api/v1/accounts/(\d+)/statuses", path):
            return self._page(request, [s for s in self.statuses if s["account"]["id"] == found[1]])
        if path.startswith("/api/v1/timelines/tag/"):
            return self._page(request, [s for s in self.statuses if s["tags"]])
        return self._status(request, path)

    def _status(self, request: Request, path: str) -> Any:
        if path == "/api/v1/statuses" and request.method == "POST":
            return self._post(request)
        if path == "/api/v1/statuses":
            ids = request.query.get("id[]", [])
            assert len(ids) <= 20
            missing = Answer(status=404, body={"error": "Record not found"})
            return [s for s in self.statuses if s["id"] in ids] if self.batches else missing
        id_, _, rest = path.removeprefix("/api/v1/statuses/").partition("/")
        status = next((s for s in self.statuses if s["id"] == id_), None)
        if status is None:
            return Answer(status=404, body={"error": "Record not found"})
        if rest == "context":
            return {"ancestors": [], "descendants": [s for s in self.statuses if s["in_reply_to_id"] == id_]}
        if rest == "quotes":
            return [s for s in self.statuses if (s.get("quote") or {}).get("quoted_status", {}).get("id") == id_]
        return status

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        last = request.one("max_id")
        ids = [row["id"] for row in rows]
        start = ids.index(last) + 1 if last in ids else 0
        shown = rows[start : start + min(self.page, int(request.one("limit", "20")))]
        more = start + len(shown) < len(rows)
        link = f'<{self.url}{request.path}?max_id={shown[-1]["id"]}>; rel="next"' if more else ""
        limits = {"X-RateLimit-Remaining": self.remaining, "X-RateLimit-Reset": self.reset}
        return Answer(body=shown, headers={**limits, **({"Link": link} if link else {})})

    def _post(self, request: Request) -> Any:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        key = request.headers.get("idempotency-key", "")
        if key and key in self._keys:
            return next(s for s in self.statuses if s["id"] == self._keys[key])
        status = self.add(
            str(800 + len(self.statuses)),
            f"<p>{form['status']}</p>",
            stamp(datetime.now(UTC)),
            by="acme",
            in_reply_to_id=form.get("in_reply_to_id"),
            visibility=form.get("visibility", "public"),
            spoiler_text=form.get("spoiler_text", ""),
            language=form.get("language"),
        )
        self._keys[key] = status["id"]
        return status
