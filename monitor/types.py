"""The nouns of the monitor: immutable values that every part passes to every other.

Instants are aware datetimes in UTC; durations are seconds; ratios are 0..1. ``None`` means "not known", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Sentiment = Literal["negative", "neutral", "positive", "unsure"]
Urgency = Literal["high", "normal", "none"]
GapState = Literal["open", "refilled", "lost"]
DeletionCause = Literal[
    "author", "network", "protected", "suspended", "withheld", "takedown", "retention", "request", "unknown"
]
ConversationState = Literal["open", "claimed", "snoozed", "answered", "dismissed", "closed"]
AlertLevel = Literal["watch", "warning", "emergency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A profile on a network; ``id`` is network-prefixed (``x:115712``), ``handle`` has no leading ``@``."""

    id: str
    handle: str | None = None
    name: str | None = None
    followers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Public counts of a post as one reading gave them; a count the network did not give is ``None``."""

    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    saves: int | None = None
    impressions: int | None = None
    score: int | None = None
    upvote_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Anything published. ``id`` is the key, prefixed by its network: ``x:1790…``, ``reddit:t1_…``.

    ``reply_to``, ``quote_of`` and ``repost_of`` are ids of the same kind and may name posts that are not stored.
    ``thread`` is the id of the thread's first post where the network tells it; otherwise the store finds it.
    ``brand`` is the brand that published the post where the source itself says so (an archive with an "inbound"
    column); for live accounts it stays ``None`` and the configured accounts decide. ``machine`` marks a post sent by
    a program: it does not stop a response clock. ``seen_at`` is set only by sources that know when they saw it.
    ``about`` names brands that the record says the post is about, ``history`` a post older than the start of monitoring.
    ``raw`` holds what the network said that has no field here, by the network's own names, without secrets.
    """

    id: str
    author: Author
    text: str
    created_at: datetime
    reply_to: str | None = None
    thread: str | None = None
    quote_of: str | None = None
    repost_of: str | None = None
    lang: str | None = None
    url: str | None = None
    metrics: Metrics | None = None
    edited_at: datetime | None = None
    seen_at: datetime | None = None
    brand: str | None = None
    machine: bool = False
    campaign: str | None = None
    about: tuple[str, ...] = ()
    history: bool = False
    raw: Mapping[str, object] | None = None

    @property
    def network(self) -> str:
        """Name of the network, the part of the id before the colon."""
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A post's public counts at one moment, with the author's followers at that moment where known."""

    post: str
    at: datetime
    metrics: Metrics
    followers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An earlier text of a post and the instant at which a newer one took its place."""

    post: str
    text: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A post that its network no longer shows, since when as far as we know, and why.

    ``takedown``: removed on somebody's legal demand; ``retention``: older than it may be kept here; ``request``: its author
    asked to be forgotten (`monitor forget`). The last two say nothing about the network.

    An export adds what a purge leaves of the post (its timing and its place), so that figures can be rebuilt.
    """

    post: str
    at: datetime
    cause: DeletionCause = "unknown"
    created_at: datetime | None = None
    reply_to: str | None = None
    thread: str | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span of one source that may not have been seen: ``[start, end)``, its cause, and what became of it.

    Causes: ``outage``, ``rate_limit``, ``money``, ``page_budget``, ``cap`` (the network lists no more), ``reach`` (older
    than it serves), ``not_allowed``, ``not_running``, ``unreadable``. A stream of the source is told by ``cause:stream``.
    """

    source: str
    start: datetime
    end: datetime
    cause: str
    state: GapState = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A record that could not be taken: where it stood (``file.csv:17``), why, and its beginning as read."""

    where: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Probabilities of the three classes; they sum to 1."""

    negative: float
    neutral: float
    positive: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a model makes of a text alone, as probabilities: an answer is expected, soon, and what the text is.

    From ``complaint`` on the fields are the eight intents, one of which is true; they sum to 1.
    """

    needs_reply: float
    urgent: float
    complaint: float
    question: float
    request: float
    praise: float
    crisis: float
    leaving: float
    spam: float
    other: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A model's opinion of one post. ``label`` may be ``unsure``, then ``reason`` says why it abstained.

    ``reason`` is a code: ``language``, ``short``, ``confidence``, ``mixed``, ``irony``, ``name``, ``error``. ``opinion``
    is there where the model also judges for triage.
    """

    label: Sentiment
    scores: Scores
    model: str
    reason: str | None = None
    opinion: Opinion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRecord:
    """A label as it stands in an export: which post it belongs to and when it was given."""

    post: str
    at: datetime
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One ground of a verdict: a code (``refund``, ``question``, ``safety``) and the words that showed it."""

    code: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Triage's verdict on a post: does it need a reply, how urgent, how important (0..100) and on what grounds."""

    needs_reply: bool
    urgency: Urgency
    priority: int
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An appended fact about a conversation. ``conversation`` is its key ``brand|thread|customer author id``.

    Kinds: ``opened``, ``claimed``, ``released``, ``replied``, ``snoozed``, ``dismissed``, ``reopened``, ``deleted``,
    ``corrected``, ``lapsed``, ``handed_over``, ``woken``, ``undone``, ``promise_kept``, ``doubled``. ``detail`` holds what
    the kind needs (a dismissal's reason, the replying post).
    """

    conversation: str
    at: datetime
    kind: str
    actor: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one call of ``fetch`` brings; it is stored, cursor included, in one transaction.

    ``cursor`` is the connector's own bookmark, opaque to the core; ``None`` keeps the stored one. ``more`` asks for
    the next call at once. ``done`` and ``total`` are for a progress bar in any unit (bytes, rows). ``complete_to`` is the
    instant up to which the source has now been read without any hole but the reported gaps, ``complete_from`` the one from
    which on, before the start of monitoring where it read back; ``None``: not said.
    """

    posts: tuple[Post, ...] = ()
    cursor: str | None = None
    gaps: tuple[Gap, ...] = ()
    more: bool = False
    snapshots: tuple[Snapshot, ...] = ()
    edits: tuple[Edit, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    labels: tuple[LabelRecord, ...] = ()
    events: tuple[Event, ...] = ()
    rejects: tuple[Reject, ...] = ()
    authors: tuple[Author, ...] = ()
    done: int | None = None
    total: int | None = None
    complete_to: datetime | None = None
    complete_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An episode of unusual volume or sentiment of a brand, with what speaks for it and against it.

    ``observed`` posts came in ``[start, end)`` where ``expected`` were usual; ``p`` is the chance of so many.
    """

    brand: str
    kind: Literal["volume", "negative"]
    level: AlertLevel
    start: datetime
    end: datetime
    observed: int
    expected: float
    p: float
    authors: int
    evidence: tuple[str, ...] = ()
    counter_evidence: tuple[str, ...] = ()
