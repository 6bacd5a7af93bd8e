"""Words of a text for counting: English by spelling, Japanese by a dictionary; small words and a brand's own names left out.

Japanese is cut by MeCab (fugashi) with the IPA dictionary, which are loaded when the first Japanese text comes: nouns
that stand together are one word (「電源コード」), verbs and adjectives count by their base form (「焦げる」).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monitor.text import language, normalise

MAX_READ = 4000
MAX_PARTS = 6  # nouns that are joined to one word at most: a longer run is a list

_LINK = re.compile(r"https?://\S+|\bwww\.\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@[a-z0-9_.-]+|\b[ur]/[a-z0-9_-]+", re.IGNORECASE)
_TAG = re.compile(r"(?<![\w#&])#([^\W\d_][\w]*)")
_ENGLISH = re.compile(r"[a-z][a-z0-9]*(?:['’-][a-z0-9]+)*", re.IGNORECASE)
_MARKS = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3005\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_LETTER = re.compile(r"[^\W\d_]")
_BREAK = "。"  # no word reaches over it

_NO_PLURAL = re.compile(r"(?:ss|us|is|as|os)$|^(?:news|always|lens|plus|gas|bus)$")

STOP_EN = frozenset(
    """a about above after again against all almost already also although always am an and another any anyone anything
    are aren't around as ask at away back be became because been before being below best better between both but by
    call came can can't cannot come could couldn't day days did didn't different do does doesn't doing don't done down
    during each either else enough even ever every everyone everything far few find first for from full get gets
    getting give given go goes going gone good got great had hadn't half has hasn't have haven't having he he'd he'll
    he's hello help her here here's hers herself hey hi him himself his hour hours how i i'd i'll i'm i've if in into is
    isn't it it'd it'll it's its itself just keep know last least less let let's like little long look lot lots love
    made make makes making many may maybe me mean might mine minute minutes month months more most much must my myself
    need needs never new next nice no nobody none nor not nothing now of off oh ok okay old on once one only onto or other
    others our ours out over own part people perhaps please pls put quite rather re really right said same saw say says
    see seems seen sent she she'd she'll she's should shouldn't since so some someone something soon sorry still such
    sure take taken tell than thank thanks that that'll that's the their theirs them themselves then there there's these
    they they'd they'll they're they've thing things think this those though three through time times to today together
    told tomorrow tonight too took toward tried try trying two under until up upon us use used using very via want wants
    was wasn't way we we'd we'll we're we've week weeks well went were weren't what what's when where whether which
    while who whole who's whose why will wish with within without won't work working would wouldn't wow year years yes
    yesterday yet you you'd you'll you're you've your yours yourself yourselves amp lol tbh im ive dont cant doesnt didnt
    isnt wasnt u ur ya yeah yep hmm actually also anyway bit came cause course else especially exactly feel feels guess
    hope isn kind literally looks might pretty probably seem seriously sort stuff though thought wanna whatever
    """.split()
)
STOP_JA = frozenset(
    """する なる ある いる 居る 有る できる 出来る やる 言う いう 思う おもう 来る くる 行く いく ゆく 見る みる 知る くれる 呉れる
    もらう 貰う いただく 頂く くださる 下さる 致す いたす ござる 御座る おる 参る まいる 申す 申し上げる られる れる せる させる
    つく 付く 出る 出す 入る 入れる 持つ 書く 聞く きく 待つ 分かる わかる 判る 使う つかう 買う 届く かかる 掛かる 違う 過ぎる すぎる
    しまう みる おく ない 無い 良い よい いい 好い 欲しい ほしい すごい 凄い 多い 少ない 早い 速い 高い 低い 大きい 小さい 同じ
    こと 事 もの 物 の よう 様 ため 為 ところ 所 とき 時 方 ほう かた 人 ひと 者 皆 みんな みなさん 皆さん 皆様 今 いま 今日 きょう 昨日
    きのう 明日 あした 今回 前回 次回 今年 去年 来年 今週 先週 来週 今月 先月 来月 毎日 毎回 最近 最後 最初 自分 私 わたし 僕 俺 うち 何
    誰 どこ いつ これ それ あれ ここ そこ さん さま ちゃん くん 氏 的 化 性 上 下 中 内 外 前 後 間 度 回 件 個 台 円 年 月 日 分 秒 時間
    感じ 気 話 場合 本当 ほんと 普通 全部 全然 一番 一つ ひとつ 色々 いろいろ お願い お願いします 願い 感謝 ありがとう すみません 大丈夫
    好き 嫌い 必要 可能 確か たぶん 多分 やつ はず わけ つもり まま ほか 他 以上 以下 以外 程度 結果 理由 問題 意味 部分 状態 状況
    www w 笑 草 汗 泣 的 等 など 系 君 殿 御 お ご ん さ み ろ くらい ぐらい ほど だけ まで
    """.split()
)
_NOUN_OUT = frozenset(("非自立", "代名詞", "副詞可能", "接続詞的", "特殊", "引用文字列", "ナイ形容詞語幹"))
_SUFFIXES = ("さん", "様", "さま", "ちゃん", "くん", "君", "氏")


class Words:
    """Cuts texts into words for one brand, whose ``names`` (words, handles, campaigns) are nobody's news."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        folded = sorted({normalise(name).strip("@# ") for name in names} - {""}, key=lambda name: (-len(name), name))
        bounded = (
            rf"(?<![a-z0-9])#?{re.escape(n)}(?![a-z0-9])" if n.isascii() else f"#?{re.escape(n)}" for n in folded
        )
        self._names = re.compile("|".join(bounded), re.IGNORECASE) if folded else None

    def of(self, text: str) -> dict[str, str]:
        """Return the words of a text: what is counted, and how it was written; nothing for other languages than two."""
        spoken = language(text)
        if spoken not in ("ja", "en"):
            return {}
        written = unicodedata.normalize("NFKC", text[:MAX_READ])
        body = _HANDLE.sub(f" {_BREAK} ", _LINK.sub(f" {_BREAK} ", written))
        if self._names is not None:
            body = self._names.sub(_BREAK, body)
        tags = {f"#{tag.casefold()}": f"#{tag}" for tag in _TAG.findall(body)}
        body = _TAG.sub(_BREAK, body)
        return tags | (dict(_japanese(body)) if spoken == "ja" else dict(_english(body)))


def copy_key(text: str) -> str:
    """What stays the same when a text is pasted: its letters without links, names and marks, the first 80 of them."""
    return _MARKS.sub("", _HANDLE.sub("", _LINK.sub("", normalise(text[:MAX_READ]))))[:80]


def _english(body: str) -> Iterator[tuple[str, str]]:
    for word in _ENGLISH.findall(body.replace("’", "'")):
        plain = word.removesuffix("'s")
        if len(plain) >= 3 and plain.casefold() not in STOP_EN:
            yield _singular(plain.casefold()), plain


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not _NO_PLURAL.search(word) else word


def _japanese(body: str) -> Iterator[tuple[str, str]]:
    run: list[str] = []
    for token in _tagger()(body):
        kind, detail = token.feature[0], token.feature[1]
        if kind == "名詞" and detail not in _NOUN_OUT and not (detail == "接尾" and not run):
            run.append(token.surface)
            continue
        yield from _compound(run)
        run = []
        if kind in ("動詞", "形容詞") and detail == "自立":
            base = token.feature[6] if len(token.feature) > 6 and token.feature[6] != "*" else token.surface
            if base not in STOP_JA and len(base) > 1:
                yield base, base
    yield from _compound(run)


def _compound(run: list[str]) -> Iterator[tuple[str, str]]:
    while run and run[-1] in _SUFFIXES:
        run = run[:-1]
    word = "".join(run)
    if not run or len(run) > MAX_PARTS or word in STOP_JA or not _LETTER.search(word):
        return
    if word.isascii():
        if len(word) >= 3 and word.casefold() not in STOP_EN:
            yield _singular(word.casefold()), word
        return
    if len(word) > 1 or _HAN.match(word):
        yield word.casefold(), word


@functools.cache
def _tagger() -> Any:  # noqa: ANN401 - a fugashi.GenericTagger, which is imported only here
    import fugashi  # noqa: PLC0415 - it and its dictionary take time to load, and many commands read no text
    import ipadic  # noqa: PLC0415 - see above

    return fugashi.GenericTagger(ipadic.MECAB_ARGS)


def shown(surfaces: Mapping[str, int]) -> str:
    """Return the commonest way in which a word was written; of equals the shortest, then the first by code point."""
    return min(surfaces, key=lambda word: (-surfaces[word], len(word), unicodedata.normalize("NFC", word)))
