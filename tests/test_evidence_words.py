"""What speaks for and against an alert is told with the numbers behind each share."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.evidence import Setting, explain, sentences, untimed
from monitor.types import Alert, Author, Post

START = datetime(2026, 1, 5, 4, 10, tzinfo=UTC)


def test_a_share_says_what_it_is_made_of() -> None:
    posts = [
        Post(id=f"x:{i}", author=Author(id=str(i)), text="copy" if i < 9 else f"text {i} of its own", created_at=START)
        for i in range(42)
    ]
    found = explain(posts, observed=42, expected=8.0, days=200, setting=Setting(negative=(27, 41), usual=(31, 100)))
    one = Alert(
        brand="acme",
        kind="volume",
        level="watch",
        start=START,
        end=START,
        observed=42,
        expected=8.0,
        p=1e-3,
        authors=42,
        evidence=found.evidence,
        counter_evidence=found.counter_evidence,
    )
    (english, against), (japanese, beside) = (sentences(one, language, found.made_of) for language in ("en", "ja"))
    assert "66% (27 of 41 judged; usually 31%) are negative, more than is usual for the brand." in english
    assert "66%(判定できた41件中27件、平常は31%)が否定的で、このブランドの平常を上回ります。" in japanese
    assert against == ["21% (9 of 42) are copies of one text."]
    assert beside == ["21%(42件中9件)は同じ文面の写しです。"]


def test_a_title_loses_its_clock_and_nothing_else() -> None:
    assert untimed("【緊急】みらい電機:投稿 平常の8.6倍 69人 19:25-") == "【緊急】みらい電機:投稿 平常の8.6倍 69人"
    assert untimed("[Warning] 12:30-club: volume 9x usual") == "[Warning] 12:30-club: volume 9x usual"
