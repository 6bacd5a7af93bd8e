"""The later sections of the plain text: words, voice, advocates, indicators, promises, alerts, and what was not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.digest.layout import bullet, named, rows, sure, who
from monitor.display import visible, wrapped
from monitor.evidence import untimed
from monitor.phrases import counted, noun
from monitor.say import Say


def rising(section: Mapping[str, Any], say: Say) -> list[str]:
    """Words and topics that more people use than before."""
    lines = [
        say("ON THE RISE (words, by people, against the four weeks before)", "■ 増えた言葉と話題(人数、前4週との比較)")
    ]
    if section["refused"] is not None:
        return [*lines, *wrapped(say.words(section["refused"]), "  ", "  ")]
    if not section["words"]:
        return [*lines, say("  no word stands out", "  目立って増えた言葉はありません"), *sure(section, say)]
    words = [
        say(
            f"{one['word']} ({one['authors']}, before {one['before_authors']:.1f} a week)",
            f"{one['word']}({one['authors']}人、前は週{one['before_authors']:.1f}人)",
        )
        for one in section["words"]
    ]
    lines += wrapped(say(", ", "、").join(words), "  ", "  ")
    for topic in section["topics"]:
        lines += wrapped(_topic(topic, say), say("  Topic: ", "  話題: "), "    ")
        lines += [bullet(who(one), None, one["text"], say) for one in topic["posts"]]
    return lines + sure(section, say)


def _topic(topic: Mapping[str, Any], say: Say) -> str:
    parts = [say(counted(topic["authors"], "person", "people"), f"{topic['authors']}人")]
    negative, answered = topic["negative"], topic["answered"]
    if negative["denominator"]:
        n, of = negative["numerator"], negative["denominator"]
        parts.append(say(f"{n} of {of} negative", f"否定 {of}件中{n}件"))
    if answered is not None:
        n, of = answered["numerator"], answered["denominator"]
        parts.append(say(f"{n} of {of} answered in time", f"目標内返信 {of}件中{n}件"))
    return say(f"{named(topic, say)} ({', '.join(parts)})", f"{named(topic, say)}({'、'.join(parts)})")


def voice(section: Mapping[str, Any], say: Say) -> list[str]:
    """Share of voice with the query printed, or why there is none."""
    lines = [say("SHARE OF VOICE", "■ シェア・オブ・ボイス")]
    if section["state"] != "counted":
        return [*lines, *wrapped(say.words(section["words"]), "  ", "  ")]
    for one in section["query"]:
        lines += wrapped(f"{visible(one['name'])}: {say.share(one['share'])}", "  ", "    ")
        lines += wrapped(say(f"query: {one['text']}", f"条件: {one['text']}"), "    ", "    ")
    return lines + sure(section, say)


def advocates(section: Mapping[str, Any], say: Say) -> list[str]:
    """People who stood up for the brand, by name, with what they did."""
    lines = [say("PEOPLE WHO STOOD UP FOR US", "■ 応援してくれた人")]
    if not section["people"]:
        return [
            *lines,
            *wrapped(
                say(
                    f"  Nobody had {section['least']} visible acts.",
                    f"  目に見える行動が{section['least']}回以上の人はいません。",
                ),
                "  ",
                "  ",
            ),
        ]
    for person in section["people"]:
        acts: dict[str, int] = {}
        for act in person["acts"]:
            words = say.words(act["words"])
            acts[words] = acts.get(words, 0) + 1
        did = say(", ", "、").join(say(f"{words} ({n})", f"{words}({n}回)") for words, n in acts.items())
        last = person["acts"][-1]["ref"]
        lines += wrapped(did, f"  {visible('@' + person['author'] if person['author'] else last['post'])}: ", "    ")
        lines.append(bullet("", None, last["text"], say))
    return lines + sure(section, say)


def kpis(section: Mapping[str, Any] | None, say: Say) -> list[str]:
    """The nine indicators in two panels, and people who are leaving."""
    if section is None:
        return []
    lines: list[str] = []
    panels = (
        ("behaviour", say("WHAT PEOPLE DO", "■ 行動の指標")),
        ("feeling", say("WHAT PEOPLE FEEL", "■ 気持ちの指標")),
    )
    for panel, title in panels:
        lines += ["", title] if lines else [title]
        for one in section["nine"]:
            if one["panel"] == panel:
                lines += wrapped(say.words(one["words"]), f"  {say.words(one['title'])}: ", "    ")
    leaving = section["behaviour"]["leaving_signals"]
    lines += ["", say("LEAVING SIGNALS", "■ 離脱シグナル")]
    lines += wrapped(say.words(leaving["words"]), "  ", "  ")
    lines += [bullet(who(one), None, one["text"], say) for one in leaving["posts"][:5]]
    return lines


def promises(section: Mapping[str, Any], zone: str, say: Say) -> list[str]:
    """What was promised for the week and not kept."""
    lines = [say("PROMISES", "■ 約束")]
    if not section["due"]:
        lines.append(say("  no promise fell due", "  今週が期限の約束はありません"))
    else:
        late, open_ = section["kept_late"], section["open"]
        found = [
            (say("kept in time", "期限内に果たした"), say.share(section["share"])),
            (
                say("else", "それ以外"),
                say(f"kept late {late}, still open {open_}", f"遅れて果たした {late}件、未了 {open_}件"),
            ),
        ]
        lines += rows(found, 17)
    if section["older_open"]:
        older = section["older_open"]
        lines.append(
            say(
                f"  {older} of earlier weeks {noun(older, 'is', 'are')} still open",
                f"  前の週までの未了が{older}件あります",
            )
        )
    for one in section["not_kept"]:
        due = say.stamp(datetime.fromisoformat(one["due_at"]), zone)
        over = say.time(one["over_s"])
        state = say(f"due {due}, {over} over", f"期限 {due}、{over}超過")
        lines.append(bullet(state, who(one), one["phrase"], say))
    return lines + (sure(section, say) if section["due"] or section["older_open"] else [])


def alerts(found: Sequence[Mapping[str, Any]], zone: str, say: Say) -> list[str]:
    """Alerts of the week, one line each."""
    if not found:
        return []
    lines = [say("ALERTS", "■ アラート")]
    for row in found:
        at = say.stamp(datetime.fromisoformat(row["from"]), zone)
        lines += wrapped(untimed(row["evidence"]["title"][say.language]), f"  {at}  ", "    ")
    return lines


def unseen(section: Mapping[str, Any], zone: str, say: Say) -> list[str]:
    """The last section: what may not have been seen, with its cause in words."""
    lines = [say("WHAT WE COULD NOT SEE", "■ 今週見えなかった時間")]
    if not section["uncertain_s"]:
        lines.append(say("  nothing", "  なし"))
        return lines + sure(section, say)
    covered, lost = say.precise(section["ratio"], 2), say.time(section["uncertain_s"])
    lines.append(say(f"  {lost} in all (coverage {covered})", f"  合計 {lost}(網羅率 {covered})"))
    for gap in section["gaps"]:
        if gap["state"] == "refilled":
            continue
        start, end = (datetime.fromisoformat(gap[key]) for key in ("from", "to"))
        first, last = say.stamp(start, zone), say.stamp(end, zone)
        until = last[-5:] if first[:-5] == last[:-5] else last
        lines += wrapped(
            f"{gap['source']}: {say.words(gap['words'])} ({say.time(gap['seconds'])})"
            if say.language == "en"
            else f"{gap['source']}: {say.words(gap['words'])}({say.time(gap['seconds'])})",
            f"  {first}–{until}  ",
            "    ",
        )
    return lines + sure(section, say)
