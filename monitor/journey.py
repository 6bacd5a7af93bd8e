"""Where in the customer's journey a post stands: 検討, 購入, 到着, 使用, 故障, 解約, 推奨, by words that a team can edit.

A post is counted in one stage only, the first that fits in order of :data:`ORDER`, so that volumes add up; a post without
such a word is in none. It says where a post stands, never where a person does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.text import normalise

_RUN = re.compile("[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: its key and names, the words of which a post must hold one, and words with which it does not count.

    A Latin word stands by itself, with ``*`` at its end it may go on (``recommend*``); Japanese is found anywhere.
    """

    key: str
    name_en: str
    name_ja: str
    words: tuple[str, ...]
    without: tuple[str, ...] = ()


def _stage(key: str, name_en: str, name_ja: str, words: str, without: str = "") -> Stage:
    return Stage(key=key, name_en=name_en, name_ja=name_ja, words=_list(words), without=_list(without))


def _list(words: str) -> tuple[str, ...]:
    # "_" stands for a blank inside a phrase
    return tuple(word.replace("_", " ") for word in words.split())


DEFAULTS: tuple[Stage, ...] = (
    _stage(
        "considering",
        "Considering",
        "検討",
        "検討中 検討して 迷って 迷う 悩んで 気になって 気になる 欲しい ほしい 買おうか 買うか 購入前 どっちが どちらが どれがいい 比較 おすすめは おすすめって"
        " おすすめ教え おすすめあり オススメは いくらですか 値段は 在庫あり 在庫は どこで買え 売ってますか 売っていますか 発売日"
        " considering thinking_of_buying thinking_about_buying thinking_of_getting should_i_buy should_i_get worth_it worth_buying which_one which_model"
        " compare* compared vs versus in_stock how_much_is how_much_does where_can_i_buy release_date any_recommendations tempted",
    ),
    _stage(
        "purchase",
        "Purchase",
        "購入",
        "買った 買いました 買ってきた 買っちゃった 買ってしまった 買い替え 購入しました 購入した 注文した 注文しました 注文番号 ポチった ポチりました ポチっ 予約した 予約しました"
        " 契約しました 契約した 申し込みました 申し込んだ お迎え 支払い 決済 請求 ご購入"
        " bought purchased ordered pre-ordered preordered my_order placed_an_order order_number just_got checkout charged payment invoice",
        "買ったら 買ってよかった 買って良かった",
    ),
    _stage(
        "arrival",
        "Arrival",
        "到着",
        "届いた 届きました 届いて 届か 届きませ 届く予定 届くの 配送 配達 発送 到着 宅配 荷物 不在票 受け取り 受け取った 受け取りました 開封 追跡番号 置き配"
        " arrived arrive arrives delivered deliver delivery deliveries shipping shipped dispatched parcel package unboxing unboxed tracking courier",
    ),
    _stage(
        "use",
        "Use",
        "使用",
        "使い方 使ってみ 使って 使うと 使える 使え 使い心地 使い始め 使用して 使用感 設定 接続 アプリ 説明書 マニュアル 取説 お手入れ 掃除 操作 便利 愛用 毎日使"
        " how_do_i how_do_you how_to how_can_i using been_using use_it used_it uses instructions manual set_up setup settings pairing app cleaning easy_to",
        "もう使わ",
    ),
    _stage(
        "failure",
        "Failure",
        "故障",
        "壊れ 故障 不良 不具合 動かな 動きませ 電源が入ら 電源が入りませ つかない つきませ 焦げ 発煙 発火 火花 異音 異臭 エラー 修理 つながらな 繋がらな 充電でき 割れ 水漏れ 液漏れ"
        " フリーズ 落ちる バグ 保証期間 交換して"
        " broken broke faulty defect* stopped_working not_working doesn't_work does_not_work won't_turn won't_start won't_charge burnt burned burning smoke smoking"
        " sparks leak leaks leaking error repair* warranty cracked crash* overheat* malfunction* glitch* bug bugs",
        "エラーなし",
    ),
    _stage(
        "leaving",
        "Leaving",
        "解約",
        "解約 退会 乗り換え 乗り換える 他社に アンインストール もう買わ もう使わ 二度と買 二度と使 返品 返金 キャンセル"
        " cancel canceling cancelling canceled cancelled cancellation unsubscrib* switching_to switched_to uninstall* refund* returning_it sent_it_back"
        " send_it_back never_again closing_my closed_my leaving_for",
    ),
    _stage(
        "recommending",
        "Recommending",
        "推奨",
        "おすすめ オススメ お勧め お薦め すすめたい 勧めたい 買ってよかった 買って良かった 推せる 推しです 友達にも 家族にも みんなにも 広めたい リピート リピ買い リピ確定 また買い"
        " recommend recommended recommending highly_recommend must_have best_purchase best_thing_i you_should_get you_need_one get_one buy_it_again buy_again worth_every",
        "おすすめは おすすめって おすすめ教え おすすめあり おすすめの おすすめしませ おすすめしない おすすめでき オススメは オススメしな not_recommend don't_recommend"
        " wouldn't_recommend can't_recommend would_you_recommend do_you_recommend",
    ),
)
"""The built-in stages in the order in which they are shown."""

ORDER = ("leaving", "failure", "arrival", "recommending", "considering", "purchase", "use")
"""Which stage wins where a post has words of several: trouble before joy, what happened before what is planned."""


class Stages:
    """The stages of a brand, ready to be looked for; a brand's own stages beyond the built-in ones come first."""

    def __init__(self, stages: Sequence[Stage] = DEFAULTS) -> None:
        self.all = tuple(stages)
        ranks = {key: rank for rank, key in enumerate(ORDER)}
        ordered = sorted(self.all, key=lambda stage: ranks.get(stage.key, -1))
        self._words = [(stage.key, _Words(stage.words), _Words(stage.without)) for stage in ordered]
        begins = {begin for _, *many in self._words for words in many for begin in words.open}
        self._opened = re.compile(f" (?:{'|'.join(map(re.escape, sorted(begins)))})") if begins else None

    def of(self, text: str) -> str | None:
        """Return the key of the stage in which a text stands, ``None`` for none."""
        return self.of_folded(normalise(text).replace("’", "'"))

    def of_folded(self, body: str) -> str | None:
        """The same of a text that is normalised already, with plain apostrophes."""
        runs = _RUN.findall(body)
        tokens = frozenset(runs)
        opened = self._opened is not None and self._opened.search(" " + " ".join(runs)) is not None
        for key, words, without in self._words:
            if words.are_in(body, tokens, opened=opened) and not without.are_in(body, tokens, opened=opened):
                return key
        return None


def merged(own: Iterable[Stage]) -> tuple[Stage, ...]:
    """Return the built-in stages with a brand's own: one of the same name takes its place, one without words removes it."""
    found = {stage.key: stage for stage in DEFAULTS}
    keys = {name: stage.key for stage in DEFAULTS for name in (stage.key, stage.name_ja, stage.name_en.casefold())}
    for stage in own:
        key = keys.get(stage.key, keys.get(stage.name_ja, keys.get(stage.name_en.casefold(), stage.key)))
        standard = found.get(key)
        found[key] = Stage(
            key=key,
            name_en=standard.name_en if standard else stage.name_en,
            name_ja=standard.name_ja if standard else stage.name_ja,
            words=stage.words,
            without=stage.without,
        )
    return tuple(stage for stage in found.values() if stage.words)


class _Words:
    """Words of a stage, ready to be looked for: Japanese ones by one pattern, Latin ones where the text has their beginning."""

    def __init__(self, words: Iterable[str]) -> None:
        folded = [word for raw in words if (word := normalise(raw).strip().replace("’", "'"))]
        parts = [(word, part) for word in folded if (part := _part(word))]
        self._anywhere = _pattern([part for word, part in parts if not word.isascii()])
        latin = [(word, part) for word, part in parts if word.isascii()]
        self._latin = _pattern([part for _, part in latin])
        begins = {_beginning(word) for word, _ in latin}
        self._whole = frozenset(begin for begin, whole in begins if whole)
        self.open = sorted(begin for begin, whole in begins if not whole)

    def are_in(self, body: str, tokens: frozenset[str], *, opened: bool) -> bool:
        """Whether a text holds one of them.

        ``tokens`` are its runs of Latin letters and digits, ``opened`` says whether one of them goes on after some word.
        """
        if self._anywhere is not None and self._anywhere.search(body):
            return True
        if self._latin is None or (self._whole.isdisjoint(tokens) and not (opened and self.open)):
            return False
        return self._latin.search(body) is not None


def _beginning(word: str) -> tuple[str, bool]:
    """Return the first run of letters of a Latin word, and whether it is a whole run of any text that holds the word.

    "which one" begins with "which", "compare*" with any run that goes on after "compare"; a word of signs alone with any.
    """
    stem = word.removesuffix("*").strip()
    run = _RUN.search(stem)
    if run is None:
        return "", False
    return run.group(), run.end() < len(stem) or not word.endswith("*")


def _pattern(parts: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(parts)) if parts else None


def _part(word: str) -> str:
    stem = word.removesuffix("*").strip()
    if not stem:
        return ""
    body = r"\s+".join(map(re.escape, stem.split()))
    if not stem.isascii():
        return body
    return rf"(?<![a-z0-9]){body}" + ("" if word.endswith("*") else "(?![a-z0-9])")
