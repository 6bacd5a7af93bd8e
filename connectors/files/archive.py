"""X's account archive: the tweets of one account, whose name and id stand in ``account.js`` beside ``tweets.js``.

The archive holds what the account wrote, not what others wrote to it; its counts are those at the time of the archive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from connectors.files.arrays import ArrayRows
from connectors.files.mappings import RowError, value_at
from monitor.errors import Unreadable
from monitor.types import Author

_FIELDS: Mapping[str, str] = {
    "id": "id_str",
    "text": "full_text",
    "created_at": "created_at",
    "reply_to": "in_reply_to_status_id_str",
    "lang": "lang",
    "likes": "favorite_count",
    "reposts": "retweet_count",
}
_STATUS = re.compile(r"https?://(?:mobile\.|www\.)?(?:twitter|x)\.com/\w+/status/(\d+)", re.ASCII)


def archive_row(element: Mapping[str, object], handle: str | None) -> dict[str, str]:
    """Return a tweet of the archive as texts by target name.

    A repeated post (``RT @…``) carries counts that are not its own, so they are left out. A quoted post stands in the
    archive only as the link at the end of the text. Raises :class:`~connectors.files.mappings.RowError`.
    """
    wrapped = element.get("tweet", element)
    if not isinstance(wrapped, Mapping):
        raise RowError("This element of the archive is not a tweet.")
    row = {target: value_at(wrapped, path) for target, path in _FIELDS.items()}
    if row["text"].startswith("RT @"):
        del row["likes"], row["reposts"]
    row["quote_of"] = _quoted(wrapped, row["text"])
    if handle:
        row["url"] = f"https://x.com/{handle}/status/{row['id']}"
    return row


def archive_account(tweets: Path) -> Author | None:
    """Return the account that ``account.js`` beside the tweets names, ``None`` where there is no such file.

    Raises :class:`~monitor.errors.Unreadable` when it holds something else.
    """
    path = tweets.with_name("account.js")
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            element = next(iter(ArrayRows(lambda: file.read(65_536), 0, 1)), None)
        held = element.value if element else None
        account = held.get("account", held) if isinstance(held, Mapping) else None
        if not isinstance(account, Mapping):
            raise RowError("it holds no account.")
        number, handle = value_at(account, "accountId"), value_at(account, "username")
        if not number.isdecimal():
            raise RowError("it holds no accountId.")
        return Author(id=f"x:{number}", handle=handle or None, name=value_at(account, "accountDisplayName") or None)
    except ValueError as error:
        raise Unreadable(f"{path.name} beside {tweets.name} cannot be read: {error}") from error


def _quoted(tweet: Mapping[str, object], text: str) -> str:
    entities = tweet.get("entities")
    links = entities.get("urls") if isinstance(entities, Mapping) else None
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and text.rstrip().endswith(str(link.get("url") or "\n")):
            match = _STATUS.match(str(link.get("expanded_url")))
            return match[1] if match else ""
    return ""
