"""A number and its English noun agree wherever the two meet: one post, two posts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Template

from monitor import digest, letter
from monitor.cli import kpi
from monitor.cli.people_words import FORGET, SWEPT
from monitor.deliver import words as told
from monitor.digest import Brief
from monitor.evidence import sentences, title
from monitor.kpis import Rules
from monitor.phrases import Number, counted, noun
from monitor.queue import refresh
from monitor.store import Store
from monitor.types import Alert, Metrics
from monitor.web.templates import _environment
from tests.builders import at, emptied, post, put
from tests.digest_weeks import DAY, HOUR, NAME, WEEK, answered, asked, book, brief, know, labelled, measured

# "1 posts", but not "n = 1 posts …" of another sentence, "0.1 posts" or "W1 posts"
WRONG = re.compile(
    r"(?<![\w.,–-])1 (?:own |negative |earlier |further |more |watch |visible )?"
    r"(?:posts|people|mentions|questions|answers|arrivals|alerts|words|minutes|days|points|figures|stretches|rows|lines|weeks|acts)\b"
    r"|(?<![\w.,–-])[02-9] (?:own |negative )?(?:post|person|mention|question|answer|alert|point|week)\b(?! of)"
)
WEB = Path(__file__).parents[1] / "monitor" / "web" / "templates"


def test_a_noun_goes_with_its_number() -> None:
    assert [counted(n, "post") for n in (0, 1, 2, 1200)] == ["0 posts", "1 post", "2 posts", "1,200 posts"]
    assert [counted(n, "person", "people") for n in (1, 2)] == ["1 person", "2 people"]
    assert [noun(n, "is", "are") for n in (0, 1, 2)] == ["are", "is", "are"]
    assert [f"{Number(n):post} {Number(n):copy of it/copies of it}" for n in (1, 2)] == [
        "1 post 1 copy of it",
        "2 posts 2 copies of it",
    ]
    assert f"{Number(1234)} {Number(1234):,} {Number(7):03} {Number(7):d}" == "1234 1,234 007 7"


def alert(n: int, **more: Any) -> Alert:
    codes = {"evidence": tuple(f"{c}:{n}" for c in ("people", "risk", "unseen")), "counter_evidence": tuple(f"{c}:{n}" for c in ("few_authors", "risk_denied", "risk_others", "campaign_posts"))}  # fmt: skip
    start = datetime(2026, 1, 5, 4, 10, tzinfo=UTC)
    values = {"brand": "acme", "kind": "volume", "level": "watch", "start": start, "end": start, "observed": n, "expected": 0.1, "p": 0.01, "authors": n}  # fmt: skip
    return Alert(**(values | codes | more))


def test_what_speaks_for_an_alert_says_one_person_and_two_people() -> None:
    said = {n: [*sentences(alert(n), "en")[0], *sentences(alert(n), "en")[1]] for n in (1, 2)}
    assert said[1] == [
        "One person.",
        "One person writes of danger, law, data or misconduct.",
        "For a minute of it not everything may have been seen: there may be more.",
        "Only one person.",
        "One person writes of danger, law, data or misconduct only to deny or to quote it.",
        "One person writes of danger, law, data or misconduct at another company.",
        "With the campaign, up to one post was to be expected in this time.",
    ]
    assert [text for text in said[2] if "person" in text or " post " in text or "minute " in text] == []
    assert title(alert(1), "en").endswith("1 person 04:10-")
    assert title(alert(2), "en").endswith("2 people 04:10-")
    assert [text for text in sentences(alert(1), "ja")[0] if text.startswith("1人")]


@pytest.mark.parametrize("kind", ["volume", "negative"])
def test_a_message_says_how_big_it_is(kind: str) -> None:
    def size(n: int, language: str) -> str:
        row = {"evidence": json.dumps({"posts_in_all": n, "window_s": 900}), "kind": kind, "authors": n, "observed": n, "expected": 0.2}  # fmt: skip
        return told.size(row, language)

    kept = "negative " if kind == "negative" else ""
    assert (
        size(1, "en")
        == f"1 {kept}post by 1 person since it began; the most unusual 15 min held 1, where 0.2 are usual."
    )
    assert size(2000, "en").startswith(f"2,000 {kept}posts by 2,000 people since it began; the most unusual")
    assert "2,000件・2,000人" in size(2000, "ja")
    row = {
        "evidence": {"posts_in_all": 23, "window_s": 21600},
        "kind": kind,
        "authors": 21,
        "observed": 26,
        "expected": 5.3,
    }
    for language, earlier in (("en", "6 h (in part before it began) held 26"), ("ja", "6時間(開始前を含む)では26件")):
        assert earlier in told.size(row, language)
        assert "before it began" not in size(26, "en")
    for n, minutes in ((1, "1 minute"), (15, "15 minutes")):
        assert f"is told {minutes} after" in told.WORDS["en"]["next"].format(minutes=Number(n))
        assert f"within {minutes}." in told.WORDS["en"]["too_late"].format(people="ann", minutes=Number(n))


def test_what_was_purged_is_told_by_its_number() -> None:
    names = ("posts", "edits", "reposts", "drafts", "other_drafts", "reply_copies", "notes", "rejects", "raws", "weeks")
    one, two = (FORGET["en"]["done"].format(**dict.fromkeys(names, Number(n))) for n in (1, 2))
    assert "1 post, 1 earlier text, 1 repost by others, 1 draft to the person and 1 that names them, " in one
    assert "1 further copy of a reply, 1 note, 1 refused record;" in one
    assert "of 1 other post; 1 kept weekly report will" in one
    assert "2 posts, 2 earlier texts, 2 reposts by others, 2 drafts to" in two
    assert "2 further copies of replies, 2 notes, 2 refused records;" in two
    assert SWEPT["en"]["trouble"].format(post="x:1", tries=Number(1), error="") == "  x:1: not judged 1 time in a row "


def week(store: Store, n: int) -> dict[str, Any]:
    """A week in which there are ``n`` of everything: questions, farewells, own posts, slow answers, mentions of a campaign."""
    know(emptied(store))
    for i in range(n):
        put(store, asked(f"q{i}", 7 * HOUR + i, by=f"ann{i}"), asked(f"w{i}", DAY + i, by=f"bob{i}"), brand="acme")
        put(store, answered(f"a{i}", f"q{i}", 12 * HOUR + i), brand="acme")
        put(store, post(f"f{i}", "@acme 解約します。もう使いません。", by=f"cyd{i}", when=2 * DAY + i), brand="acme")
        put(store, post(f"o{i}", "新しい #朝ごはん です", by="acme", when=DAY + i, metrics=Metrics(likes=1, impressions=9)), brand="acme")  # fmt: skip
        put(store, post(f"h{i}", "@acme #朝ごはん いいね", by=f"dee{i}", when=2 * DAY + HOUR + i), brand="acme")
        put(store, labels=(labelled(f"q{i}", "negative", 8 * HOUR),), brand="acme")
        store.pages.add_snapshots([measured(f"o{i}", DAY + i, likes=3)])
    refresh(store, book())
    about = Brief(**{f: getattr(brief(), f) for f in ("clock", "words", "handles", "zone", "model", "brand")}, rules=Rules(names=("acme",), campaigns=("#朝ごはん",)))  # fmt: skip
    return digest.week(store, about, NAME, at(WEEK + DAY))


def everything(figures: dict[str, Any]) -> str:
    """The week as text, page, mail and terminal have it."""
    page, mail = (
        " ".join(body for _, body in letter.sections(figures, "en", letter.Medium(name=name)))
        for name in ("page", "mail")
    )
    terminal = "\n".join(kpi.lines(figures["kpis"], "en"))
    plain = re.sub(r"<[^>]*>", "", f"{page}\n{mail}")
    text = "\n".join([digest.text(figures, "en"), terminal, plain, *[s["words"]["en"] for s in figures["summary"]]])
    return re.sub(r"\s+", " ", text)


def test_a_week_with_one_of_everything_and_with_two(memory: Store) -> None:
    said = {n: everything(week(memory, n)) for n in (1, 2)}
    for n, text in said.items():
        assert WRONG.findall(text) == [], n
    for one in (
        "1 post says that its author leaves",
        "1 post by 1 person",
        "The only own post was read",
        "1 of 1 post read",
        "2 mentions by 2 people, 1 own post"
        if "2 mentions by 2 people" in said[1]
        else "1 mention by 1 person, 1 own post",
        "Only 1 post was classified",
    ):
        assert one in said[1], one
    for two in (
        "2 posts say that their author leaves",
        "2 posts by 2 people",
        "All 2 own posts were read",
        "2 of 2 posts read",
        "2 own posts, engagements",
        "Only 2 posts were classified",
    ):
        assert two in said[2], two


def line(page: str, opening: str, closing: str) -> Template:
    """A piece of a page, as it stands there."""
    source = (WEB / page).read_text(encoding="utf-8")
    start = source.index(opening)
    return _environment("en").from_string(source[start : source.index(closing, start) + len(closing)])


def test_pages_say_one_mention_and_two_mentions() -> None:
    def campaign(n: int) -> str:
        row = {"mentions": n, "authors": n, "own_posts": n, "engagements": n}
        return line("kpi.html", '{{ _("%(mentions)s by', "}}").render(row=row)

    assert campaign(1) == "1 mention by 1 person, 1 own post, engagements at 24 h: 1"
    assert campaign(2) == "2 mentions by 2 people, 2 own posts, engagements at 24 h: 2"

    for page, opening, name, one, two in (
        ("alerts.html", '{{ ngettext("Alerts of', "days", "Alerts of the last day", "Alerts of the last 2 days"),
        ("sources.html", '{{ ngettext("Gaps of', "days", "Gaps of the last day", "Gaps of the last 2 days"),
        ("search.html", '{{ ngettext("%(n)s post"', "posts", "1 post", "2 posts"),
        ("posts.html", '{{ ngettext("%(n)s post", "%(n)s posts", total', "total", "1 post", "2 posts"),
    ):
        shown = [line(page, opening, "}}").render(**{name: [0] * n if name == "posts" else n}) for n in (1, 2)]
        assert shown == [one, two], page
