"""What a person should know before typing and sending; saved replies; similar answers: values for a page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from monitor.connector import Permit
from monitor.greeting import Warning as Odd
from monitor.timing import from_epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """How a reply would go out. ``length`` is in the network's own counting; ``dollars`` ``None`` means: not known, or free."""

    permit: Permit
    post: str
    length: int
    longest: int | None
    dollars: float | None
    approval: bool
    warnings: tuple[Odd, ...] = ()

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return it for JSON, with each warning as a sentence."""
        said = [{"code": w.code, "evidence": w.evidence, "message": w.sentence(language)} for w in self.warnings]
        return asdict(self) | {"warnings": said}


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReply:
    """A text that a brand uses again and again, with fields."""

    sid: int
    brand: str
    language: str
    title: str
    text: str
    made_by: str

    @classmethod
    def of(cls, row: Any) -> SavedReply:  # noqa: ANN401 - a row
        """Make it of its row."""
        names = ("sid", "brand", "title", "text", "made_by")
        return cls(language=row["lang"], **{name: row[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """What the brand answered to a similar post, with both posts as the source. ``score`` 0..1, or the hook's own."""

    question: str
    answer: str
    question_post: str
    answer_post: str
    conversation: int
    answered_at: datetime
    score: float

    @classmethod
    def of(cls, row: Any, score: float) -> Similar:  # noqa: ANN401 - a row
        """Make it of its row."""
        names = ("question", "answer", "question_post", "answer_post")
        plain = {name: row[name] for name in names}
        return cls(conversation=row["cid"], answered_at=from_epoch(row["answered_at"]), score=score, **plain)
