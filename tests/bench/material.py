"""Made-up posts for the benchmarks: deterministic, Japanese and English, of the lengths that real ones have."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from monitor.types import Author, Post

JA = "昨日届いた電気ケトルの蓋が閉まらないのですが返品できますか サポートに電話してもつながらず困っています 返金をお願いします アプリが落ちます ポイントが反映されない 炊飯器の内釜だけ買えますか 対応が早くて助かりました 炎上しているみたいだけど本当かな".split()
EN = "the kettle i ordered last week still has not arrived can someone please tell me when it will be delivered because your app only says pending and nobody answers the phone thank you for the quick help love the new colour where do i find the manual".split()


def posts(n: int, seed: int = 1) -> Iterator[Post]:
    """Yield ``n`` posts by ``n / 5`` people, 60 % of them Japanese, a third of them answers."""
    rng = random.Random(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for i in range(n):
        if rng.random() < 0.6:
            text = "".join(rng.choices(JA, k=rng.randint(1, 4))) + f"{rng.randint(0, 9999)}番"
        else:
            text = "@brand " + " ".join(rng.choices(EN, k=rng.randint(6, 30)))
        person = rng.randrange(max(1, n // 5))
        yield Post(
            id=f"x:{10**15 + i}",
            author=Author(id=f"x:{person}", handle=f"person{person}", followers=person % 5000),
            text=text,
            created_at=start + timedelta(seconds=i * 7),
            reply_to=f"x:{10**15 + i - rng.randint(1, 50)}" if i > 50 and rng.random() < 0.33 else None,
            lang="ja",
            url=f"https://example.com/{i}",
        )
