"""``monitor queue``: what waits for an answer. It must start as fast as Python can, so it imports almost nothing."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

USAGE = """Usage: monitor queue [--json] [--limit N] [--brand NAME]
                     [--db PATH] [--config FILE] [--lang en|ja]

  What waits for an answer, the most urgent first, with a reason for each.
  返信が必要な投稿を、期限の早い順に、理由とともに表示します。

  --json         one JSON list instead of a table
  --limit N      at most N conversations (default 20)
  --brand NAME   only this brand
  --db PATH      database file or postgresql:// address (default: config.toml's)
  --config FILE  settings (default: config.toml where it exists)
  --lang en|ja   language of the table

  Exit codes: 0 nothing is late; 1 something is late;
  2 wrong use or no database.
"""
USAGE_JA = """使い方: monitor queue [--json] [--limit N] [--brand NAME]
                      [--db PATH] [--config FILE] [--lang en|ja]

  返信が必要な投稿を、期限の早い順に、理由とともに表示します。

  --json         表の代わりに JSON のリストを出力します
  --limit N      表示する会話の数の上限(既定 20)
  --brand NAME   このブランドだけを対象にします
  --db PATH      データベースのファイル、または postgresql://…
                 (既定は config.toml の設定)
  --config FILE  設定ファイル(既定は、あれば config.toml)
  --lang en|ja   表示する言語

  終了コード: 0 期限超過なし、1 期限超過あり、
  2 使い方の誤り、またはデータベースなし。
"""
RED, BOLD, DIM, PLAIN = "\033[31m", "\033[1m", "\033[2m", "\033[0m"


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    try:
        options = parse(arguments[1:])
    except ValueError as error:
        ja = _japanese(arguments)
        print(f"monitor queue: {error.args[ja]}\n\n{USAGE_JA if ja else USAGE}", file=sys.stderr)  # noqa: T201 - this is the face
        return 2
    if options["help"]:
        print(USAGE_JA if _japanese(arguments) else USAGE)  # noqa: T201 - this is the face
        return 0
    from monitor.store import Store  # noqa: PLC0415 - after the usage

    where, language = settings(options)
    now = int(time.time())
    try:
        store = Store.open(where, read_only=True)
        items = store.queue.next(options["limit"], options["brand"])
        counts = store.queue.counts(now)
        sources = store.queue.sources()
        brands = [row["brand"] for row in store.sources.brands()] if options["brand"] and not items else []
        store.close()
    except Exception as error:  # noqa: BLE001 - any failure to read is one line for the person
        print(f"monitor queue: {error}", file=sys.stderr)  # noqa: T201 - this is the face
        return 2
    if brands and options["brand"] not in brands:
        wanted, known = repr(options["brand"]), ", ".join(brands)
        print(f"monitor queue: there is no brand {wanted}; there are: {known}", file=sys.stderr)  # noqa: T201 - see above
        return 2
    mine = [row for row in counts if options["brand"] in (None, row["brand"])]
    if options["json"]:
        _say(as_json(items, now, language))
    else:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        _say(table(items, mine, sources, now, language, colour=colour))
    return 1 if any(row["late"] for row in mine) else 0


def _japanese(arguments: list[str]) -> bool:
    from monitor.cli.language import of_command  # noqa: PLC0415 - only for the usage

    return of_command(arguments) == "ja"


def _say(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201 - this is the face
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse(arguments: list[str]) -> dict[str, Any]:
    """Read the options. Raises ``ValueError`` in English and Japanese for one that is not known or lacks its value."""
    options: dict[str, Any] = {
        "json": False, "help": False, "limit": 20, "brand": None, "db": None, "config": None, "lang": None,
    }  # fmt: skip
    left = list(arguments)
    while left:
        name, equals, value = left.pop(0).partition("=")
        key = name.removeprefix("--")
        if name in ("--json", "--help", "-h"):
            options["help" if key != "json" else "json"] = True
        elif key in options and name.startswith("--"):
            if not equals:
                if not left:
                    raise ValueError(f"{name} needs a value", f"{name} には値が必要です")
                value = left.pop(0)
            options[key] = value
        else:
            raise ValueError(f"unknown option {name}", f"{name} というオプションはありません")
    try:
        options["limit"] = max(0, int(options["limit"]))
    except ValueError:
        given = repr(options["limit"])
        raise ValueError(f"--limit must be a number, not {given}", f"--limit は数で指定してください: {given}") from None
    if options["lang"] not in (None, "en", "ja"):
        given = repr(options["lang"])
        raise ValueError(f"--lang is en or ja, not {given}", f"--lang は en か ja で指定してください: {given}")
    return options


def settings(options: dict[str, Any]) -> tuple[str, str]:
    """Return database and language. Of config.toml only these two are read; `monitor check` checks the rest."""
    from monitor.cli.language import choose  # noqa: PLC0415 - after the usage

    config = options["config"] or "config.toml"
    if options["db"] and options["lang"]:
        return options["db"], options["lang"]
    tree: dict[str, Any] = {}
    if os.path.exists(config):  # noqa: PTH110 - pathlib costs a tenth of the start
        import tomllib  # noqa: PLC0415 - only with a settings file

        try:
            with open(config, "rb") as file:  # noqa: PTH123 - see above
                tree = tomllib.load(file)
        except (OSError, tomllib.TOMLDecodeError):
            tree = {}
    where = options["db"]
    if where is None:
        where = str(tree.get("database", "monitor.db"))
        if "://" not in where:
            where = os.path.join(os.path.dirname(config), where)  # noqa: PTH118, PTH120 - see above
    return where, choose(options["lang"], str(tree.get("language", "auto")))


def as_json(items: list[dict[str, Any]], now: int, language: str) -> str:
    """Return the conversations as a JSON list: times in ISO 8601, ``due_in_s``, ``late`` and the reason as a sentence."""
    import json  # noqa: PLC0415 - only for this face

    from monitor.phrases import sentence_of  # noqa: PLC0415 - see above

    shown = []
    for item in items:
        due = item["due_at"]
        shown.append(
            item
            | {
                name: _iso(item[name])
                for name in ("posted_at", "waiting_since", "due_at", "lease_until", "snoozed_until")
            }
            | {
                "due_in_s": None if due is None else due - now,
                "late": due is not None and due < now,
                "reason": sentence_of(item["reasons"], language),
            }
        )
    return json.dumps(shown, ensure_ascii=False, indent=1)


def _iso(seconds: int | None) -> str | None:
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def table(
    items: list[dict[str, Any]], counts: list[Any], sources: list[Any], now: int, language: str, *, colour: bool
) -> str:
    """Return the queue as text that fits the terminal (80 columns where that is unknown), Japanese aligned."""
    from monitor.display import excerpt, width, wrapped  # noqa: PLC0415 - see above
    from monitor.phrases import sentence_of, span  # noqa: PLC0415 - only for this face

    ja = language == "ja"
    columns = max(60, min(_columns(), 120))
    waiting, late = sum(row["waiting"] for row in counts), sum(row["late"] for row in counts)
    paint = (lambda code, text: f"{code}{text}{PLAIN}") if colour else (lambda _code, text: text)
    lines = [paint(BOLD, f"未対応 {waiting}件 · 期限超過 {late}件" if ja else f"{waiting} waiting · {late} late")]
    for line in _sources(sources, now, ja=ja):
        lines += wrapped(line, "  ", "    ", columns)
    heading = ""
    for item in items:
        part = _part(item["due_at"], now, ja=ja)
        if part != heading:
            lines += ["", paint(BOLD, part)]
            heading = part
        overdue = item["due_at"] is not None and item["due_at"] < now
        left = _left(item["due_at"], now, span, language)
        who = f"@{item['author']}" if item["author"] else ("(削除済み)" if ja else "(deleted)")
        first = f"{left:>{16 - (width(left) - len(left))}}  {excerpt(who, 22)}  {item['network']}"
        flag = f" {'至急' if ja else 'urgent'}" if item["urgency"] == "high" else ""
        lines.append(paint(RED, first) + flag if overdue else first + flag)
        lines.append(" " * 18 + excerpt(item["text"] or "", columns - 18))
        reason = sentence_of(item["reasons"], language)
        lines.append(paint(DIM, " " * 18 + excerpt(reason + _mood(item["label"], ja=ja), columns - 18)))
    if not items:
        lines += ["", *wrapped(_empty(sources, ja=ja), columns=columns)]
    elif waiting > len(items):
        rest = waiting - len(items)
        lines += ["", f"ほか{rest}件(--limit {waiting})" if ja else f"{rest} more (--limit {waiting})"]
    return "\n".join(lines)


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80


def _part(due: int | None, now: int, *, ja: bool) -> str:
    if due is not None and due < now:
        return "期限超過" if ja else "LATE"
    if due is not None and due < now + 3600:
        return "まもなく" if ja else "NEXT"
    return "その後" if ja else "LATER"


def _left(due: int | None, now: int, span: Any, language: str) -> str:  # noqa: ANN401 - a function
    if due is None:
        return "–"
    if due < now:
        return f"{span(now - due, language)}超過" if language == "ja" else f"{span(now - due, language)} late"
    return f"あと{span(due - now, language)}" if language == "ja" else f"in {span(due - now, language)}"


def _mood(label: dict[str, Any] | None, *, ja: bool) -> str:
    if label is None or label["label"] == "unsure":
        return ""
    share = label["scores"][label["label"]]
    name = {"negative": "否定", "neutral": "中立", "positive": "肯定"}[label["label"]] if ja else label["label"]
    return f" · {name} {share:.2f}"


def _sources(sources: list[Any], now: int, *, ja: bool) -> list[str]:
    """How long ago each source was complete, or has been down: a clock would be of this machine, not of the brand."""
    from monitor.phrases import span  # noqa: PLC0415 - only for this face

    found = []
    for row in sources:
        name = row["source"]
        if row["down_since"] is not None:
            long = span(max(60, now - row["down_since"]), "ja" if ja else "en")
            found.append(
                f"{name}: {long}前から停止中 – {row['error']}" if ja else f"{name}: down for {long} – {row['error']}"
            )
        elif (complete_to := row["complete_to"] or row["last_ok"]) is not None:
            if now - complete_to < 60:
                found.append(f"{name}: 最新まで取得済み" if ja else f"{name}: complete to now")
                continue
            long = span(now - complete_to, "ja" if ja else "en")
            found.append(f"{name}: {long}前まで取得済み" if ja else f"{name}: complete to {long} ago")
    return found


def _empty(sources: list[Any], *, ja: bool) -> str:
    if any(row["down_since"] is not None for row in sources):
        return (
            "待っている投稿はありませんが、停止中の情報源があります。静かなのではなく、見えていないだけかもしれません。"
            if ja
            else "Nothing waiting, but a source is down: it may not be calm but blind."
        )
    return "待っている投稿はありません。" if ja else "Nothing waiting."
