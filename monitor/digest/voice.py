"""Share of voice from what is stored: counted only where the rivals' posts are read by the same kinds of sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from monitor.digest.brief import Frame, Rival, certain
from monitor.phrases import counted, noun
from monitor.timing import from_epoch, iso
from monitor.voice_share import Name, Voice, shares

_NEED = {
    "en": "Name what to compare with: [[brand.rival]] with name and words in config.toml, and a [[brand]] of the same name, so that its posts are read too.",
    "ja": "比べる相手を設定してください。config.toml に [[brand.rival]](name と words)を書き、同じ名前の [[brand]] も置くと、相手の投稿も同じ条件で読みます。",
}


def voice(frame: Frame) -> dict[str, Any]:
    """Return the section: posts that name the brand and each rival, or why there is no share to tell."""
    brief = frame.brief
    own = Name(name=brief.brand, words=brief.words or (brief.brand,))
    if not brief.rivals:
        return _section(frame, "not_configured", _NEED, own, [])
    missing = [(rival, why) for rival in brief.rivals if (why := _uncollected(frame, rival)) is not None]
    if missing:
        names = ", ".join(rival.name for rival, _ in missing)
        japanese = "、".join(rival.name for rival, _ in missing)
        reasons = {reason for _, (reason, _) in missing}
        grounds = {reason for _, (_, reason) in missing}
        words = {
            "en": f"No share is told: posts about {names} are not read as yours are ({'; '.join(sorted(reasons))}), so yours alone would fill the whole.",
            "ja": f"割合は出しません。{japanese}の投稿を自社と同じ条件で読んでいない({'、'.join(sorted(grounds))})ため、自社だけで100%に見えてしまいます。",
        }
        return _section(frame, "not_collected", words, own, [], {rival.name for rival, _ in missing})
    return _counted(frame, own)


def _uncollected(frame: Frame, rival: Rival) -> tuple[str, str] | None:
    """Why a rival's posts are not read as the brand's are, in both languages; ``None`` where they are."""
    if rival.watched is None:
        return f"no [[brand]] named {rival.name}", f"[[brand]] {rival.name} がない"
    if not _networks(frame, rival):
        return "no network is read for both", "共通して読むSNSがない"
    rows = [row for row in frame.store.sources.all() if row["brand"] == rival.watched]
    since = [row["since"] for row in rows if row["state"] != "retired"]
    if not since:
        return f"{rival.name} has not been read yet", f"{rival.name}はまだ読んでいない"
    if min(since) > frame.span.start:
        at = iso(from_epoch(min(since)))[:10]
        return f"{rival.name} is read only since {at}", f"{rival.name}は{at}から読み始めた"
    return None


def _networks(frame: Frame, rival: Rival) -> tuple[str, ...] | None:
    """Networks that are read for both; empty for none, ``None`` where any is."""
    mine, theirs = frame.brief.networks, rival.networks
    if mine is None or theirs is None:
        return ("*",) if mine is None and theirs is None else tuple(mine or theirs or ())
    return tuple(name for name in mine if name in theirs)


def _counted(frame: Frame, own: Name) -> dict[str, Any]:
    rivals = frame.brief.rivals
    allowed = set.intersection(*(set(_networks(frame, rival) or ()) for rival in rivals))
    step = max(
        frame.steps[-1],
        *(frame_step(frame.store.weeks.mentions(frame.when(frame.span, rival.watched))[0]) for rival in rivals),
    )
    texts: dict[int, str] = {}
    for brand in (frame.brief.brand, *(rival.watched for rival in rivals)):
        for row in frame.store.weeks.texts(frame.when(frame.span, brand), frame.model, step):
            if "*" in allowed or row["id"].partition(":")[0] in allowed:
                texts[row["pid"]] = row["text"]
    found = shares([own, *(Name(name=r.name, words=r.words) for r in rivals)], texts.values())
    total = found[0].share.denominator
    one_in = (f" One post in {step} was read.", f"投稿は{step}件に1件を読んでいます。") if step > 1 else ("", "")
    words = {
        "en": f"Of {counted(total, 'post')} with a name of the set, {found[0].posts:,} {noun(found[0].posts, 'names', 'name')} {own.name}.{one_in[0]}",
        "ja": f"名前の挙がった{total:,}件のうち{found[0].posts:,}件が{own.name}です。{one_in[1]}",
    }
    return _section(frame, "counted", words, own, found, networks=sorted(allowed - {"*"}))


def frame_step(posts: int) -> int:
    """Of how many posts one is read where there are so many."""
    from monitor.digest.brief import MOST_TEXTS  # noqa: PLC0415 - read when asked, so that a test may set it

    return max(1, -(-posts // MOST_TEXTS))


def _section(
    frame: Frame,
    state: str,
    words: dict[str, str],
    own: Name,
    found: Sequence[Voice],
    missing: Iterable[str] = (),
    networks: Sequence[str] = (),
) -> dict[str, Any]:
    names = [own, *(Name(name=rival.name, words=rival.words) for rival in frame.brief.rivals)]
    counts = {one.name.name: one for one in found}
    left_out = set(missing)
    query = []
    for name in names:
        one = counts.get(name.name)
        query.append(
            {
                "name": name.name,
                "words": list(name.words),
                "text": name.query,
                "posts": None if one is None else one.posts,
                "share": None if one is None else one.share.as_dict(),
                "collected": name.name not in left_out,
            }
        )
    section = {
        "state": state,
        "words": words,
        "query": query,
        "networks": list(networks),
        "from": iso(frame.start),
        "to": iso(frame.end),
        "share": query[0]["share"],
    }
    return certain(
        section,
        "Counted from stored posts of the same sources and week, each name by the same kind of query; reposts left out, a post that names two counts for both.",
        "同じ情報源・同じ週の保存済み投稿を、どの名前も同じ形の条件で数えています。リポストは除き、2つの名前を含む投稿は両方に数えます。",
        frame.link(),
    )
