"""Search queries: the brand's words, and the threads of own posts, each within the length that the plan allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitor.errors import NotAllowed

_WORD = re.compile(r"[#＃@$]?\w+")
_OPERATOR = {"OR", "AND", "NOT"}


def term(word: str) -> str:
    """Return a word as the search takes it: literally. A plain word is also searched as a hashtag.

    Whatever is no plain word is quoted, so that nothing in it is taken for an operator. X does not say how it cuts
    Japanese into words; a quoted phrase and a hashtag beside it find what one of them misses.
    """
    plain = " ".join(word.replace('"', " ").replace("＃", "#").split())
    if not re.search(r"\w", plain):
        return ""
    if not _WORD.fullmatch(plain) or plain in _OPERATOR or plain[0] == "$":
        return f'"{plain}"'
    return plain if plain[0] in "#@" or plain.isdecimal() else f"{plain} OR #{plain}"


def brand_queries(words: Sequence[str], own: Iterable[str], longest: int) -> list[str]:
    """Return queries that find the words, without reposts and without the own accounts' posts.

    No language is asked for: X takes short posts, emoji and links for no language at all. Raises ``NotAllowed`` for a
    word that does not fit.
    """
    tail = _without(own, longest // 3)
    queries: list[str] = []
    held: list[str] = []
    for word in dict.fromkeys(filter(None, (term(word) for word in words))):
        if len(f"({word}){tail}") > longest:
            raise NotAllowed(f"the word {word[:40]!r}… does not fit into a search of {longest} characters; shorten it")
        if held and len(f"({' OR '.join([*held, word])}){tail}") > longest:
            queries.append(f"({' OR '.join(held)}){tail}")
            held = []
        held.append(word)
    return [*queries, f"({' OR '.join(held)}){tail}"] if held else queries


def replies_query(posts: Sequence[str], own: Sequence[str], longest: int) -> str:
    """Return the query of what others wrote in the threads of these own posts."""
    return _threads("conversation_id", posts, own, longest)


def quotes_query(posts: Sequence[str], own: Sequence[str], longest: int) -> str:
    """Return the query of quotes of these own posts."""
    return _threads("quotes_of_tweet_id", posts, own, longest)


def group_size(longest: int) -> int:
    """Return how many own posts fit into one query of replies or quotes: 11 into 512 characters."""
    return max(1, (longest - len("() -is:retweet")) // len("quotes_of_tweet_id:1234567890123456789 OR "))


def mentions_query(handle: str) -> str:
    """Return the query that finds an account's mentions where their own listing ends (after 800)."""
    return f"@{handle} -is:retweet"


def _threads(operator: str, posts: Sequence[str], own: Sequence[str], longest: int) -> str:
    body = " OR ".join(f"{operator}:{post}" for post in posts)
    query = f"({body}) -is:retweet"
    room = longest - len(query)
    return query + _without(own, room)[len(" -is:retweet") :] if room > 0 else query


def _without(own: Iterable[str], room: int) -> str:
    """Return what keeps reposts and own posts out; own posts are read from their own listing, and would be billed."""
    tail = " -is:retweet"
    for handle in own:
        part = f" -from:{handle}"
        if len(tail) + len(part) <= room + len(" -is:retweet"):
            tail += part
    return tail
