"""People who stand up for a brand, known only by what they visibly did towards it; a list of acts, never a score.

Acts are praise, thanks, an answer to another customer's question, and a quote or repost of the brand's own post. What
somebody is like, buys or follows is not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from monitor.lexicon import PATTERNS
from monitor.signs import ASKS, MAX_READ, TROUBLE, signs
from monitor.text import language, mentions, normalise
from monitor.types import Sentiment

LEAST = 3
"""Nobody appears without so many visible acts."""

Kind = Literal["praised", "thanked", "answered", "shared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A post of somebody as the rule sees it.

    ``label`` is the model's opinion, ``shares`` whether it quotes or reposts a post of the brand, ``repost`` whether it adds
    no word of its own, ``helps`` whether it answers another customer's post that needed a reply.
    """

    post: str
    author: str
    at: int
    text: str
    label: Sentiment | None = None
    shares: bool = False
    repost: bool = False
    helps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One visible act: its kind, the post that shows it, and when."""

    kind: Kind
    post: str
    at: int


def act(deed: Deed) -> Act | None:
    """Return what a post shows, ``None`` for nothing that speaks for the brand.

    A complaint is no act, even where it thanks; a quote counts only where the model does not read it as negative.
    """
    if deed.repost:
        return Act(kind="shared", post=deed.post, at=deed.at) if deed.shares else None
    if deed.label == "negative":
        return None
    spoken = language(deed.text)
    if not (deed.helps or deed.shares or _is_kind(deed.text, spoken)):
        return None  # most posts; looking for every sign takes ten times as long
    seen = {code for code, sign in signs(deed.text, spoken).items() if sign.strength == 1.0}
    if seen & {*TROUBLE, "spam"}:
        return None
    kind: Kind | None = None
    if deed.helps and "question" not in seen:  # "press it for five seconds, please" reads like a request and is advice
        kind = "answered"
    elif deed.shares:
        kind = "shared"
    elif "praise" in seen and deed.label == "positive":
        kind = "praised"
    elif seen & {"thanks", "kindness"} and not seen & set(ASKS):
        kind = "thanked"
    return None if kind is None else Act(kind=kind, post=deed.post, at=deed.at)


def _is_kind(text: str, spoken: str) -> bool:
    folded = normalise(text[:MAX_READ])
    patterns = PATTERNS.get(spoken, {})
    return any(patterns[code].search(folded) for code in ("praise", "thanks", "kindness") if code in patterns)


def advocates(deeds: Iterable[Deed], *, since: int, least: int = LEAST) -> dict[str, list[Act]]:
    """Return by author the acts of those with at least ``least`` of them, one since the instant ``since`` among them.

    The same words said again are one act: a text that is pasted under many posts shows one thing.
    """
    found: dict[str, list[Act]] = defaultdict(list)
    said: dict[str, set[str]] = defaultdict(set)
    for deed in sorted(deeds, key=lambda deed: (deed.at, deed.post)):
        one = act(deed)
        if one is None:
            continue
        words = deed.text.strip() if not deed.repost else deed.post
        for handle in mentions(deed.text):
            words = words.replace(f"@{handle}", "")
        if words not in said[deed.author]:
            said[deed.author].add(words)
            found[deed.author].append(one)
    return {author: acts for author, acts in found.items() if len(acts) >= least and any(a.at >= since for a in acts)}
