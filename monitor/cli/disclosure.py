"""Everything that is stored of one person, as JSON for that person, with what it cannot contain."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from monitor.phrases import Number
from monitor.store import Store
from monitor.timing import from_epoch, iso, to_epoch

_INSTANTS = frozenset(
    {"at", "asked_at", "replaced_at", "saved_at", "sent_at", "due_at", "waiting_since", "snoozed_until"}
)
_JSON = frozenset({"raw", "reasons", "detail", "opinion"})
_INNER = frozenset(
    {"pid", "cid", "eid", "aid", "oid", "qid"}
)  # numbers of rows, which say nothing outside this database

_LIMITS = {
    "en": {
        "purged": "Posts that the person deleted, or that were purged here for their age, are not stored any more and cannot be "
        "told apart by person.",
        "gaps": "{count:recorded span} of this network may not have been seen, or not whole: `monitor gaps` lists them.",
        "none": "No span of this network is recorded as unseen.",
        "others": "Posts of other people, and the brand's own, that name the person are listed by id only: they are others' data.",
        "backups": "Backups, exports and logs outside the database are not searched.",
        "network": "The network itself may store more; it must be asked separately.",
    },
    "ja": {
        "purged": "本人が削除した投稿と、保存期間が過ぎて消去した投稿は保存しておらず、誰のものかも判別できません。",
        "gaps": "このSNSには、読み取れなかった可能性のある時間の記録が{count}件あります(`monitor gaps`)。",
        "none": "このSNSに、読み取れなかった時間の記録はありません。",
        "others": "本人の名が出る他の人の投稿と自社の投稿は、他者のデータのためIDだけを記載します。",
        "backups": "データベースの外にあるバックアップ、書き出し、ログは検索していません。",
        "network": "SNS側に保存されているデータは含みません。SNSの運営者に請求してください。",
    },
}


def disclosure(store: Store, person: Any, now: datetime, language: str) -> dict[str, Any]:  # noqa: ANN401 - a row
    """Return what is stored of a person (a row of ``store.persons.find``): posts with what belongs to each, work, limits."""
    rows = store.persons.everything(person)
    ids = {row["pid"]: row["id"] for row in rows["posts"]}
    beside = {
        kind: [{"post": ids[row["pid"]], **_plain(row)} for row in rows[kind]]
        for kind in ("edits", "snapshots", "mentions", "labels")
    }
    conversations = {row["cid"]: f"{row['brand']}|{row['thread']}" for row in rows["conversations"]}
    work = {
        kind: [
            {**({"conversation": conversations.get(row["cid"])} if "cid" in row.keys() else {}), **_plain(row)}  # noqa: SIM118 - a database row
            for row in rows[kind]
        ]
        for kind in ("events", "corrections", "exam_answers", "replies", "drafts")
    }
    return {
        "made_at": iso(now),
        "person": {name: person[name] for name in ("id", "handle", "name", "followers")},
        "posts": [_plain(row) for row in rows["posts"]],
        **beside,
        "needs": [_plain(row) for row in rows["needs"]],
        "conversations": [{"conversation": conversations[row["cid"]], **_plain(row)} for row in rows["conversations"]],
        **work,
        "named_by": [{"post": row["id"], "brand": row["brand"]} for row in store.persons.naming(person)],
        "counts": {kind: len(found) for kind, found in rows.items()},
        "completeness": _limits(store, person, now, language),
    }


def _limits(store: Store, person: Any, now: datetime, language: str) -> list[str]:  # noqa: ANN401 - a row
    say = _LIMITS["ja" if language == "ja" else "en"]
    network = person["id"].partition(":")[0]
    sources = {row["source"] for row in store.sources.all() if row["connector"] == network}
    gaps = [
        row
        for row in store.sources.gaps(0, to_epoch(now))
        if row["state"] != "refilled" and (not sources or row["source"] in sources)
    ]
    unseen = say["gaps"].format(count=Number(len(gaps))) if gaps else say["none"]
    return [say["purged"], unseen, say["others"], say["backups"], say["network"]]


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    found: dict[str, Any] = {}
    for name, value in dict(row).items():
        if name in _INNER:
            continue
        if value is not None and (name.endswith("_at") or name in _INSTANTS):
            found[name] = iso(from_epoch(value))
        elif value is not None and name in _JSON:
            found[name] = json.loads(value)
        else:
            found[name] = value
    return found
