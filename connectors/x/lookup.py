"""Posts as they are now: their counts, their words, why one is gone; profiles by number; and counts of a search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.x import queries
from connectors.x.accounts import names_of
from connectors.x.api import FIELDS, PRIVATE, USER_FIELDS, Answer, Api
from connectors.x.normalise import authors_of, chain_of, instant, is_withheld, metrics_of, posts_of, time_of
from connectors.x.settings import XSettings
from connectors.x.trouble import KeysRefused
from monitor.connector import Target
from monitor.errors import NotAllowed, TryLater, Unpaid, Unreadable
from monitor.types import Author, Deletion, DeletionCause, Metrics, Page

BATCH = 100
PRIVATE_DAYS = timedelta(days=29)  # X gives private counts of own posts for 30 days
COUNT_PAGES = 20  # a week has 10,080 minutes; X does not say how many of them it shows at once
_HOUR, _FIVE, _MICRO = timedelta(hours=1), timedelta(minutes=5), timedelta(microseconds=1)
_TAIL = timedelta(seconds=30)  # the newest posts, which X does not count yet


class Lookup:
    """Asks about posts and profiles that are known by their ids."""

    def __init__(self, api: Api, settings: XSettings) -> None:
        """Nothing is asked before the first call."""
        self._api = api
        self._settings = settings

    def measure(self, posts: Sequence[str]) -> dict[str, Metrics]:
        """Return public counts by post id, of the newest version of each."""
        rows, _ = self._newest("measure", numbers_of(posts))
        counted = {f"x:{chain_of(row)[0]}": metrics_of(row) for row in rows}
        asked = set(posts)
        return {key: metrics for key, metrics in counted.items() if metrics is not None and key in asked}

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Return the posts as they are now, and a deletion with its cause for each that is gone.

        Own posts of the last 29 days bring their private counts in ``raw``, where the credentials are the account's.
        """
        rows, problems = self._newest("lookup", numbers_of(posts))
        versions: dict[str, str] = {}
        shown = [row for row in rows if not is_withheld(row, self._settings.countries)]
        found, rejects = posts_of(shown, "lookup", versions=versions)
        private = self._private(rows, now)
        found = [
            replace(post, raw={**(post.raw or {}), **private[post.id]}) if post.id in private else post
            for post in found
        ]
        gone: dict[str, DeletionCause] = {f"x:{chain_of(row)[0]}": "withheld" for row in rows if row not in shown}
        here = {post.id for post in found}
        for problem in problems:
            number = str(problem.get("resource_id") or problem.get("value") or "")
            cause = cause_of(problem)
            key = f"x:{versions.get(number, number)}"
            if cause is not None and problem.get("parameter") in {"ids", "id"} and key not in here:
                gone.setdefault(key, cause)
        deletions = tuple(Deletion(post=key, at=now, cause=cause) for key, cause in gone.items() if key in set(posts))
        return Page(posts=tuple(found), deletions=deletions, rejects=tuple(rejects))

    def name_authors(self, authors: Sequence[str]) -> list[Author]:
        """Return profiles by our ids; those that are not there are left out."""
        found: list[Author] = []
        wanted = numbers_of(authors)
        for start in range(0, len(wanted), BATCH):
            params = {"ids": wanted[start : start + BATCH], "user.fields": USER_FIELDS}
            answer = self._api.get("users", "/2/users", params, bills="user", whole=False)
            found += authors_of(answer.rows).values()
        return found

    def count(self, target: Target, start: datetime, end: datetime) -> list[tuple[datetime, int]]:
        """Return the mentions of each whole five minutes, of what the streams of mentions and of the search would bring.

        X counts the last seven days by the minute. Words that need several searches are summed, doubles included.
        Raises ``Unreadable`` where X goes on without end.
        """
        reach = target.now - timedelta(days=7) + _HOUR
        first, last = _floor(max(start, reach) + _FIVE - _MICRO), _floor(min(end, target.now - _TAIL))
        names = names_of(self._settings.handle, target.accounts)
        words = (*(target.words if self._settings.search else ()), *(f"@{name}" for name in names))
        found = queries.brand_queries(words, names, self._settings.query_length)
        if first >= last or not found:
            return []
        sums = dict.fromkeys((first + i * _FIVE for i in range((last - first) // _FIVE)), 0)
        for query in found:
            for row in self._counted(query, first, last):
                at, number = instant(row.get("start")), row.get("tweet_count", row.get("post_count"))
                if at is not None and isinstance(number, int) and _floor(at) in sums:
                    sums[_floor(at)] += number
        return list(sums.items())

    def _counted(self, query: str, first: datetime, last: datetime) -> Iterator[Mapping[str, Any]]:
        params: dict[str, object] = {"query": query, "granularity": "minute", "start_time": first, "end_time": last}
        for _ in range(COUNT_PAGES):
            answer = self._api.get("counts", "/2/tweets/counts/recent", params, app=self._by_app())
            self._api.spent("counts", "count")
            yield from answer.rows
            if answer.token is None:
                return
            if answer.token == params.get("next_token"):
                break
            params["next_token"] = answer.token
        raise Unreadable("X's counts do not come to an end", raw=str(params.get("next_token"))[:500])

    def usage(self) -> Answer:
        """Return how much of the plan's monthly reads is used. Raises ``NotAllowed`` without the app's own token."""
        fields = ["cap_reset_day", "project_cap", "project_usage"]
        return self._api.get("usage", "/2/usage/tweets", {"usage.fields": fields}, app=True)

    def _by_app(self) -> bool:
        # X documents counts for the app's own token only
        return self._settings.bearer_token is not None

    def _newest(self, call: str, wanted: list[str]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        """Return rows and problems; X shows the version that is asked for, so that a newer one is asked for as well."""
        rows, problems = self._ask(call, wanted)
        newer = {chain_of(row)[-1]: row for row in rows if chain_of(row)[-1] != str(row["id"])}
        if newer:
            again, trouble = self._ask(call, list(newer))
            answered = {str(row["id"]) for row in again}
            outdated = [str(row["id"]) for number, row in newer.items() if number in answered]
            rows = [row for row in rows if str(row["id"]) not in outdated] + again
            # a newest version that is gone takes the whole post with it
            for problem in trouble:
                old = newer.get(str(problem.get("resource_id") or problem.get("value") or ""))
                if old is not None and cause_of(problem) is not None:
                    rows = [row for row in rows if row is not old]
                    problems = [*problems, {**problem, "resource_id": chain_of(old)[0]}]
        return rows, problems

    def _ask(self, call: str, wanted: list[str]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        rows: list[Mapping[str, Any]] = []
        problems: list[Mapping[str, Any]] = []
        for start in range(0, len(wanted), BATCH):
            params = {"ids": wanted[start : start + BATCH], **FIELDS[self._settings.dialect]}
            answer = self._api.get(call, "/2/tweets", params, bills="post", whole=False)
            rows += [row for row in answer.rows if row.get("id")]
            problems += answer.problems
        return rows, problems

    def _private(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, dict[str, Any]]:
        """Return private counts of own young posts by post id; what X does not give is missing, not zero."""
        own = self._api.account
        numbers = [str(row["id"]) for row in rows if own is not None and str(row.get("author_id")) == own]
        young = [number for number in numbers if (time_of(number) or now) > now - PRIVATE_DAYS]
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(young), BATCH):
            params = {"ids": young[start : start + BATCH], **PRIVATE[self._settings.dialect]}
            try:
                answer = self._api.get("private", "/2/tweets", params, bills="post", whole=False)
            except (KeysRefused, Unpaid):
                raise
            except (NotAllowed, TryLater):
                return found
            for row in answer.rows:
                counts = {
                    name: row[name] for name in ("non_public_metrics", "organic_metrics") if row.get(name) is not None
                }
                if counts and row.get("id"):
                    found[f"x:{chain_of(row)[0]}"] = counts
        return found


def numbers_of(keys: Sequence[str]) -> list[str]:
    """Return X's numbers of our ids; ids of other networks and unknown authors are left out."""
    split = (key.partition(":") for key in dict.fromkeys(keys))
    return [number for network, _, number in split if network == "x" and number.isdecimal()]


def cause_of(problem: Mapping[str, Any]) -> DeletionCause | None:
    """Return why a post is gone; ``None`` for a problem that says nothing about that.

    X tells neither a deletion from a closed account, nor always a protected account from a suspended one.
    """
    kind = str(problem.get("type", "")).rpartition("/")[2]
    words = f"{problem.get('title')} {problem.get('detail')}".lower()
    if "suspended" in words:
        return "suspended"
    if kind == "resource-not-found":
        return "author"
    if kind in {"not-authorized-for-resource", "resource-unauthorized"}:
        return "protected"
    if kind in {"disallowed-resource", "resource-unavailable"}:
        return "network"
    return None


def _floor(when: datetime) -> datetime:
    return when.replace(minute=when.minute - when.minute % 5, second=0, microsecond=0)
