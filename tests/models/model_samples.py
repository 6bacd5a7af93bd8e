"""Where the bundled models lie, and texts that no model may fall over."""

from __future__ import annotations

from pathlib import Path

import models

BUNDLED = Path(models.__file__).parent / "bundled"
DATA = Path(__file__).parents[3] / "shared" / "data"

HOSTILE = (
    "",
    " ",
    "\n\t\r",
    "\0",
    "\0" * 50,
    "bad \0 service",
    "a" * 100_000,
    "great service " * 7_000,
    "最悪です。" * 20_000,
    "@a @b @c",
    "https://a.example https://b.example/x?y=%00",
    "😡😡😡",
    "👍🏽👩‍👩‍👧‍👦🇯🇵❤️",
    "\u202eesrever\u202c",
    "e\u0301" * 500,
    "\ud800 lone surrogate",
    "#ＴＯＫＹＯ #東京 #서울 #Москва",
    "Переводы не работают, верните деньги",
    "배송이 너무 늦어요",
    "ﾊﾝｶｸｶﾅ と English まざり",
    "&amp;&lt;&gt;&#128545;",
    "[CLS] [SEP] [PAD] [MASK] [UNK]",
    "5/10",
    "草",
)
