"""What a handler gets and what it may give back; nothing here knows of HTTP's wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from monitor.app import App
from monitor.people import Person, allowed
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.web.words import Words

if TYPE_CHECKING:
    from monitor.desk import Desk
    from monitor.desk.writing import Writing
    from monitor.people import Action


class Problem(Exception):
    """The request cannot be fulfilled: an HTTP status and a sentence (a msgid with its values) that says what to do."""

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        retry_after: int | None = None,
        detail: Mapping[str, Any] | None = None,
        back: str | None = None,
        **values: object,
    ) -> None:
        """``detail`` is told to JSON clients beside the sentence; ``back`` is the page that people are led to."""
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after
        self.detail = detail or {}
        self.back = back
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A change was made: browsers go on to ``to`` and are told ``notice``; JSON clients get ``data``."""

    to: str
    data: Mapping[str, Any] = field(default_factory=dict)
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """The browser goes on to another site: the sign-in of an identity provider, never an address that came in."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A body as it is, such as a stylesheet; status 304 tells that what the client has still holds.

    ``file`` is sent after the body, piece by piece, and closed: what is too long to be held in memory.
    """

    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    file: IO[bytes] | None = None


@dataclass(slots=True, kw_only=True)
class Context:
    """One request: who asks for what, the values that came along (checked), and the store of this thread.

    Handlers are synchronous and run in a worker thread. ``ctx["week"]`` is a checked parameter; ``ctx._("…")`` speaks the
    reader's language. ``now`` is one instant for the whole request. ``known`` is what ``If-None-Match`` names; ``place``
    the zone of the brand that the page is about.
    """

    app: App
    store: Store
    method: str
    path: str
    url: str
    values: Mapping[str, Any]
    words: Words
    theme: str
    now: datetime
    address: str
    agent: str
    origin: str
    secure: bool
    as_json: bool
    person: Person | None = None
    session: int = 0
    notice: str | None = None
    cookies: dict[str, str | None] = field(default_factory=dict)
    nav: tuple[Any, ...] = ()
    known: str = ""
    begun: str = ""
    place: str | None = None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - parameters are of any type
        return self.values[name]

    def _(self, msgid: str, **values: object) -> str:
        """Return a sentence in the reader's language."""
        return self.words(msgid, **values)

    @property
    def language(self) -> str:
        """``en`` or ``ja``."""
        return self.words.language

    @property
    def me(self) -> Person:
        """Who is signed in. Raises ``Problem`` (401) where nobody is, which a route's rule rules out."""
        if self.person is None:
            raise Problem(401, "Please sign in.")
        return self.person

    @property
    def at(self) -> int:
        """``now`` in epoch seconds."""
        return to_epoch(self.now)

    @property
    def zone(self) -> str:
        """The zone in which times are shown: of the brand that the page is about, else of the first one."""
        if self.place is not None:
            return self.place
        return self.app.settings.brand[0].zone if self.app.settings.brand else "UTC"

    def may(self, action: Action) -> bool:
        """Whether who is signed in may do this: pages leave out what they may not."""
        return allowed(None if self.person is None else self.person.role, action)

    @property
    def desk(self) -> Desk:
        """The actions of people on conversations, for this request."""
        from monitor.desk import Desk  # noqa: PLC0415 - only pages about conversations need it

        now: Callable[[], datetime] = self.app.now
        return Desk(self.store, self.app.book(), now)

    @property
    def writing(self) -> Writing:
        """Drafts and sending, for this request."""
        from monitor.desk.writing import Writing  # noqa: PLC0415 - see desk

        wants = lambda brand: self.app.settings.find(brand).reply.approval  # noqa: E731 - as App.writing has it
        return Writing(self.desk, self.app.replier, approval=wants)
