"""The people page: who has what, who answered today and how long customers had waited, night work, and what was handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.timing import to_epoch
from tests.web.conftest import Site, now


def sent(store: Any, cid: int, author: str, at: int) -> int:
    """Let a reply have gone out from here; return when the customer had asked."""
    row = store.desk.row(cid)
    post = next(p for p in store.desk.posts(cid, row["brand"]) if p["brand"] is None)
    fields = {
        "cid": cid,
        "brand": row["brand"],
        "network": row["network"],
        "post": post["id"],
        "text": "t",
        "digest": "d",
    }
    fields |= {"key": f"k{cid}", "state": "sent", "author": author, "saved": None, "seen_pid": post["pid"], "at": at}
    oid = store.outbox.add(**fields, asked_at=None)
    store.db.connection.execute("UPDATE outbox SET sent_at = ? WHERE oid = ?", (at, oid))
    return int(post["created_at"])


def test_the_workload_is_what_people_did(site: Site) -> None:
    brand = site.app.settings.brand[0]
    with site.store() as store:
        cids = [item["conversation"] for item in store.queue.next(4, brand.name)]
        noon = to_epoch(now())
        asked = [sent(store, cid, "agent", noon - 60 * i) for i, cid in enumerate(cids[:3])]
        waits = sorted(noon - 60 * i - at for i, at in enumerate(asked))
    with site.as_("manager") as client:
        cid = cids[3]
        body = {"to": "agent", "note": "返金の可否をお願いします <b>"}
        assert client.post(f"/conversation/{cid}/hand-over.json", json=body).status_code == 200
        told = client.get("/people.json").json()
        one = next(row for row in told["people"] if row["name"] == "agent")
        assert one["answers"]["n"] == 3
        assert 0 <= one["answers"]["today"] <= 3
        assert one["answers"]["median_wait_s"] == waits[1]
        assert next(row for row in told["people"] if row["name"] == "viewer")["answers"] is None
        (handed,) = [row for row in told["handed"] if row["conversation"] == cid]
        assert (handed["to"], handed["by"], handed["note"], handed["taken"]) == (
            "agent",
            "manager",
            body["note"],
            False,
        )
        page = client.get("/people").text
        assert "返金の可否をお願いします &lt;b&gt;" in page
    with site.as_("agent") as client:
        assert client.post(f"/conversation/{cid}/claim.json", json={}).status_code == 200
        told = client.get("/people.json").json()
        assert [row["taken"] for row in told["handed"] if row["conversation"] == cid] == [True]


def test_night_work_is_counted_by_the_brand_s_hours(site: Site) -> None:
    brand = site.app.settings.brand[0]
    calendar = brand.opening_hours()
    with site.store() as store:
        cids = [item["conversation"] for item in store.queue.next(2, brand.name)]
        hours = [now() - timedelta(hours=h) for h in range(7 * 24 - 1)]
        open_at = next(at for at in hours if calendar_open(calendar, at))
        shut_at = next(at for at in hours if not calendar_open(calendar, at))
        for cid, at in zip(cids, (open_at, shut_at), strict=True):
            sent(store, cid, "manager", to_epoch(at))
    with site.as_("viewer") as client:
        one = next(row for row in client.get("/people.json").json()["people"] if row["name"] == "manager")
        assert (one["answers"]["n"], one["answers"]["night"]) == (2, 1)


def calendar_open(calendar: Any, at: Any) -> bool:
    """Whether the second from then on is a business second."""
    from monitor.timing import from_epoch, work_seconds

    start = from_epoch(to_epoch(at))
    return work_seconds(calendar, start, start + timedelta(seconds=1)) == 1
