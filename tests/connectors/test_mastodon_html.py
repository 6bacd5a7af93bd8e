"""The HTML of posts, as servers of several kinds write it, as the text that people wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mastodon.html import text_of

LINK = (
    '<a href="https://example.com/a/very/long/path" rel="nofollow"><span class="invisible">https://</span>'
    '<span class="ellipsis">example.com/a/very</span><span class="invisible">/long/path</span></a>'
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>一行目<br>二行目<br />三行目</p>", "一行目\n二行目\n三行目"),
        ("<p>前</p><p>後</p>", "前\n\n後"),
        ("<p>a &amp; b &lt;3 &#x1F972;</p>", "a & b <3 🥲"),
        (f"<p>見て {LINK} です</p>", "見て https://example.com/a/very/long/path です"),
        ('<p><a href="https://example.com/x">ここ</a>です</p>', "ここ (https://example.com/x)です"),
        ('<p><a href="https://example.com/">https://example.com</a></p>', "https://example.com"),
        ('<p><span class="h-card"><a href="https://a.example/@hana" class="u-url mention">@<span>hana</span></a></span> 様</p>', "@hana 様"),
        ('<p><a href="https://a.example/tags/%E9%9D%92" class="mention hashtag" rel="tag">#<span>青空</span></a></p>', "#青空"),
        ("<ul><li>一</li><li>二</li></ul>", "- 一\n- 二"),
        ("<pre><code>a\n  b</code></pre>", "a\n  b"),
        ("<blockquote><p>引用</p></blockquote><p>返事</p>", "引用\n\n返事"),
        ("<script>alert(1)</script><p>安全</p>", "安全"),
        ("<p>:blobcat: ねこ</p>", ":blobcat: ねこ"),
        ('<p><img src="https://a.example/e.png" alt=":neko:">です</p>', ":neko:です"),
        ("plain text\n of  a feed", "plain text of a feed"),
    ],
)  # fmt: skip
def test_what_people_wrote(html: str, text: str) -> None:
    assert text_of(html) == text


def test_the_line_that_servers_add_for_a_quote_is_left_out_where_the_quote_is_known() -> None:
    html = '<p class="quote-inline">RE: <a href="https://a.example/1">https://a.example/1</a></p><p>本文</p>'
    assert text_of(html, quoted=True) == "本文"
    assert text_of(html) == "RE: https://a.example/1\n\n本文"


@given(st.text(st.sampled_from("<>/abp&;\"'= \nあ!-#")))
def test_nothing_that_calls_itself_html_can_raise(html: str) -> None:
    text = text_of(html)
    assert text == text.strip(" \n\t\r")
    assert "\n\n\n" not in text


@given(st.text(st.characters(blacklist_characters="<>&\r", blacklist_categories=["Cs", "Cc"])))
def test_plain_words_come_back(words: str) -> None:
    assert text_of(f"<p>{words}</p>") == " ".join(words.split(" ")).strip(" ") or "  " in words
