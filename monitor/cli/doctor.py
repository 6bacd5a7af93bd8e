"""``monitor doctor``: what each account can do, what it cannot, and the sentence that says what to do about it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from monitor.app import App
from monitor.cli.options import show, tell, with_app
from monitor.connector import CanCheck, Check, is_archive
from monitor.display import width
from monitor.poll import Source, target_of
from monitor.timing import from_epoch, iso, to_epoch

PATIENCE = 60  # seconds that the slowest network gets to answer

STATES = {
    "en": {
        "works": "works",
        "tier": "needs another plan",
        "approval": "needs the network's approval",
        "scope": "lacks a right",
        "credentials": "credentials wrong or revoked",
        "unreachable": "not reachable",
        "absent": "the network has no such thing",
        "settings": "mistake in the settings",
        "unchecked": "cannot be examined before it is polled",
        "waiting": "waits until {until}",
        "money": "stopped: no money left",
        "down": "down since {since}",
        "refused": "stopped since {since}: a person must help",
    },
    "ja": {
        "works": "利用できます",
        "tier": "上位プランが必要です",
        "approval": "SNSの承認が必要です",
        "scope": "権限が足りません",
        "credentials": "認証情報が誤っているか、取り消されています",
        "unreachable": "接続できません",
        "absent": "このSNSにはない機能です",
        "settings": "設定の誤り",
        "unchecked": "読み取りの前には調べられません",
        "waiting": "{until} まで待機中",
        "money": "予算切れで停止中",
        "down": "{since} から取得できていません",
        "refused": "{since} から停止中。人の対応が必要です",
    },
}
CAPABILITIES = {
    "account": "アカウント",
    "counts": "投稿数",
    "deliver": "送信",
    "notifications": "通知欄",
    "own_posts": "自社の投稿",
    "poll": "取得",
    "read": "読み取り",
    "reply": "返信",
    "search": "検索",
    "sign_in": "サインイン",
    "usage": "利用量",
}
"""Names of what is examined, in Japanese; what has none there is shown as the connector calls it."""
_GOOD = {"works", "absent", "unchecked", "waiting"}


@click.command("doctor")
@with_app()
def doctor_command(*, app: App, language: str, as_json: bool) -> int:
    """Examine every account before the first poll, and say what to do where something is missing. 接続と権限の診断。

    Publishes nothing. Exit code 1 when something needs a person.
    """
    sources, mistakes = app.look()
    found = [{"source": "", "capability": "", "state": "settings", "detail": m, "cure": ""} for m in mistakes]
    for source, checks in examined(app, sources):
        found += [
            {
                "source": source.name,
                "capability": check.capability,
                "state": check.state,
                "detail": check.detail,
                "cure": check.cure.get(language) or check.cure.get("en", ""),
            }
            for check in checks
        ]
        found += list(_stored(app, source, language))
    found += list(_channels(app, language))
    from monitor.deliver.channels import advice  # noqa: PLC0415 - see _channels

    database, pictures = sqlite_line(app.store, language), picture_line(language)
    bad = [entry for entry in found if entry["state"] not in _GOOD]
    if as_json:
        show({"database": database, "pictures": pictures, "checks": found})
        return 1 if bad else 0
    for line in _lines(found, language):
        tell(line, rest="    ")
    for line in (database, pictures, *advice(app.kit(language), language)):
        tell(line)
    if not found:
        click.echo("config.toml に情報源がありません。" if language == "ja" else "config.toml names no source.")
    elif not bad:
        click.echo("問題ありません。" if language == "ja" else "All in order.")
    return 1 if bad else 0


def _channels(app: App, language: str) -> Iterator[dict[str, Any]]:
    """Whether each channel can be used; mail servers are asked, nothing is sent."""
    from monitor.deliver.channels import faults  # noqa: PLC0415 - imports Apprise where a channel needs it

    for name, fault, what in faults(app.kit(language)):
        cure = {"en": f"Then: monitor deliveries test {name}", "ja": f"直したら: monitor deliveries test {name}"}
        yield {
            "source": f"通知先 {name}" if language == "ja" else f"channel {name}",
            "capability": "deliver",
            "state": "works" if fault is None else "settings",
            "detail": what if fault is None else fault,
            "cure": "" if fault is None else cure[language],
        }


def examined(app: App, sources: Sequence[Source]) -> Iterator[tuple[Source, Sequence[Check]]]:
    """Examine all sources at once, each in a thread of its own; one that does not answer in time is ``unreachable``."""
    answers: dict[str, Sequence[Check]] = {}
    target = {source.name: target_of(source, app.now(), since=app.now()) for source in sources}

    def work(source: Source, connector: CanCheck) -> None:
        """Examine one source."""
        answers[source.name] = tuple(connector.check(target[source.name]))

    threads = [
        threading.Thread(target=work, args=(source, source.connector), daemon=True)
        for source in sources
        if isinstance(source.connector, CanCheck)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    for source in sources:
        app.store.spending.take(source.name, source.connector, to_epoch(app.now()))  # looking may cost, too
        if not isinstance(source.connector, CanCheck):
            state = "works" if is_archive(source.connector) else "unchecked"
            yield source, [Check(capability="read", state="works", detail=source.kind)] if state == "works" else []
        else:
            yield source, answers.get(source.name) or [_silent()]


def _silent() -> Check:
    return Check(
        capability="read",
        state="unreachable",
        detail=f"no answer within {PATIENCE} s",
        cure={
            "en": "Check the network and the proxy of this machine, then try again.",
            "ja": "このマシンのネットワークとプロキシを確認してから、もう一度お試しください。",
        },
    )


def _stored(app: App, source: Source, language: str) -> Iterator[dict[str, Any]]:
    """What the polls so far have met, where that is not over."""
    row = app.store.sources.row(source.name)
    if row is None or row["state"] in ("new", "ok"):
        return
    since = row["down_since"] if row["down_since"] is not None else row["unseen_since"]
    reason = (row["error"] or "").partition(": ")[2]  # what to do is said here in the reader's language
    words = STATES[language][row["state"]].format(since=_at(since), until=_at(row["not_before"]))
    yield {
        "source": source.name,
        "capability": "poll",
        "state": row["state"],
        "detail": f"{words}: {reason}",
        "cure": "",
    }


def _at(epoch: int | None) -> str:
    return "–" if epoch is None else iso(from_epoch(epoch))[:16].replace("T", " ") + "Z"


def _lines(found: Sequence[dict[str, Any]], language: str) -> Iterator[str]:
    last = None
    for entry in found:
        if entry["source"] != last and entry["source"]:
            yield entry["source"]
        last = entry["source"]
        mark = "✓" if entry["state"] == "works" else "–" if entry["state"] in _GOOD else "✗"
        told = entry["capability"] == "poll"
        words = [] if told else [STATES[language][entry["state"]]]
        detail = f"{': ' if words else ''}{entry['detail']}" if entry["detail"] else ""
        name = CAPABILITIES.get(entry["capability"], entry["capability"]) if language == "ja" else entry["capability"]
        yield f"  {mark} {name}{' ' * max(1, 14 - width(name))}{''.join(words)}{detail}"
        if entry["cure"]:
            yield f"      → {entry['cure']}"


def sqlite_line(store: Any, language: str) -> str:  # noqa: ANN401 - a Store
    """Say which SQLite is used and whether it is free of the WAL-reset bug."""
    if store.db.engine != "sqlite":
        return "PostgreSQL"
    from monitor.store.sqlite import VERSION, wal_is_safe  # noqa: PLC0415 - only for this engine

    version = ".".join(map(str, VERSION))
    if wal_is_safe(VERSION):
        return f"SQLite {version}: WAL"
    if language == "ja":
        return f"SQLite {version}: WALリセットの不具合がある版のため、ロールバックジャーナルを使います。pysqlite3 を入れると解消します。"
    return f"SQLite {version}: this version has the WAL-reset bug, so that the rollback journal is used; pysqlite3 brings a fixed one."


def picture_line(language: str) -> str:
    """Say whether the charts of mails can be drawn with Japanese words, and what to install where they cannot."""
    from monitor.charts.picture import japanese_drawn  # noqa: PLC0415 - loads the renderer

    if japanese_drawn():
        return "グラフ画像: 日本語フォントあり" if language == "ja" else "Charts as pictures: Japanese font found"
    if language == "ja":
        return "グラフ画像: 日本語フォントがないため、文字は英語になります。Noto Sans CJK JP を入れてください(Debian・Ubuntu: apt-get install fonts-noto-cjk)。"
    return "Charts as pictures: no Japanese font on this machine, so their words are English. Install Noto Sans CJK JP (Debian, Ubuntu: apt-get install fonts-noto-cjk)."
