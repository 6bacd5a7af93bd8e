"""Text as people wrote it: cleaning, language, search terms, and excerpts that fit a column."""

from __future__ import annotations

import re
import unicodedata
from operator import add

MAX_CHARACTERS = 100_000

_URL = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(?<![\w@])[@＠]([A-Za-z0-9_.-]*[A-Za-z0-9_])")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30ff\uff66-\uff9f]")
_CJK = "\u3005\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\uac00-\ud7af"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_RUNS = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_IS_CJK = re.compile(rf"[{_CJK}]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
# Characters that Chinese text is full of and Japanese text does not use.
_CHINESE = re.compile(
    "[们这说时过还没给让请谢吗呢吧么个单买卖东货钱质价联话务员会对为来发样点现见亲爱妳她您很們這說沒給嗎麼個你]"
)
_ENGLISH = frozenset(
    "the a an and is are was were be been to of in on for with at by it its this that you your i my we our they he she"
    " not no so but if or as do does did have has had can will just what when how why who me from up out get got"
    " please thanks thank hi hello love hate never still anyone than then there here about all any some i'm it's don't"
    " can't won't you're that's i've didn't doesn't isn't over more very too only after before again been back now off"
    " need want know go going make good great bad would could should which where into one two their his her them us am"
    " really much lol ok yes app order time new last first like because every nothing everything nobody u ur".split()
)
_OTHERS: dict[str, frozenset[str]] = {
    "es": frozenset("que de la el los las un una por para con está muy pero como les del al lo se mi tu su más sin ya hola gracias no me te es y qué cuando todo esto porque tengo hay son".split()),
    "fr": frozenset("est pas une dans pour sur avec je vous nous le la les des du et un que qui ne ce cette mon ma votre vos au aux bonjour merci très mais plus suis c'est j'ai n'est se il elle on leur sont été depuis chez".split()),
    "de": frozenset("der die das und ist nicht ich ein eine mit für auf sie es wir den dem zu im von sind war bei noch auch wie aber wenn mein meine ihr habe hat kann danke bitte sehr immer seit oder nur schon wird einen".split()),
    "pt": frozenset("que de não uma com você o a os as do da em por para um mais meu minha é muito mas já está foi obrigado obrigada isso são eu ele ela vocês nao no na se ao sem quando estou".split()),
    "it": frozenset("che di il non per sono ma la le un una del della con mi ho è si più come grazie anche questo gli dei alla nel ci lo ciao molto tutto perché avete essere".split()),
    "nl": frozenset("het een van ik je dit niet en de dat is op te voor met zijn maar wat er aan mijn bij heb ook nog wel geen naar jullie dank kan al wordt heeft".split()),
    "id": frozenset("yang dan ini itu tidak saya dengan untuk di ke dari ada bisa sudah kami kamu apa tolong terima kasih belum mau aku gak nggak banget juga kalau sama".split()),
    "tl": frozenset("ang mga ng sa na ko mo po naman hindi ako ikaw ba lang kayo niyo yung pa may wala kasi din salamat bakit".split()),
    "tr": frozenset("bir ve bu için çok değil ne de da ile ama var yok ben sen daha gibi kadar nasıl neden lütfen teşekkürler hala olarak".split()),
    "pl": frozenset("nie to się na jest że do jak ale za od czy co po już mi dla tak mam tylko proszę dzień dobry dziękuję przez jestem".split()),
    "sv": frozenset("och det att är jag inte på som en för med har av till den vi ni mig så kan om hej tack från ett var men".split()),
    "vi": frozenset("không là của và cho các có được tôi bạn này rất những với mình em anh ơi khi thì".split()),
}  # fmt: skip
_WHOSE = {
    word: [code for code, small in _OTHERS.items() if word in small] for word in frozenset().union(*_OTHERS.values())
}
# Spellings that few other languages have.
_ENGLISH_LOOK = re.compile("ing$|ed$|tion$|ly$|ght|ck|sh|th|ee|oo|ow$|ay$")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def clean(text: str) -> str:
    """Return the text without NUL and lone surrogates, which databases refuse; all else stays as written."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


def normalise(text: str) -> str:
    """Return the form that is compared: NFKC (half-width kana become full-width), case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def mentions(text: str) -> tuple[str, ...]:
    """Handles named in the text, without ``@``, case folded, in order."""
    return tuple(handle.casefold() for handle in _MENTION.findall(text))


def unaddressed(text: str) -> str:
    """Return what is said: the text without mentions and links."""
    return _URL.sub(" ", _MENTION.sub(" ", text)).strip()


def language(text: str) -> str:
    """Guess the language: ``ja``, ``en``, another ISO 639-1 code where script or words decide (``zh``, ``ko``, ``es``), or ``und``.

    Kana make Japanese. Han without kana is ``ja`` too, since Japanese titles need none, unless it holds characters of
    Chinese only or runs on; under 30 % of the letters it decides nothing. Latin script is English unless more of its
    words are another language's small words, or a longer text has no English one. Reads the first 4,000 characters.
    """
    body = unaddressed(text[:4000])
    letters = [c for c in body if c.isalpha()]
    if not letters or body.isascii():
        return _latin(body) if letters else "und"
    kana, han = len(_KANA.findall(body)), len(_HAN.findall(body))
    if kana and (kana > 1 or kana + han > len(letters) / 10):
        return "ja"
    if han > 0.3 * len(letters):
        return "zh" if _CHINESE.search(body) or (han >= 24 and han > 0.6 * len(letters)) else "ja"
    for code, low, high in (
        ("ko", "\uac00", "\ud7af"),
        ("ru", "\u0400", "\u052f"),
        ("ar", "\u0600", "\u06ff"),
        ("th", "\u0e00", "\u0e7f"),
    ):
        if sum(low <= c <= high for c in letters) > len(letters) / 3:
            return code
    if sum(c.isascii() or "\u00c0" <= c <= "\u024f" or "\u1e00" <= c <= "\u1eff" for c in letters) < 0.7 * len(letters):
        return "und"
    return _latin(body)


def _latin(body: str) -> str:
    words = [word.replace("’", "'") for word in _WORD.findall(body.lower())]
    english = sum(word in _ENGLISH for word in words)
    hits = dict.fromkeys(_OTHERS, 0)
    for word in words:
        for code in _WHOSE.get(word, ()):
            hits[code] += 1
    best = max(hits, key=hits.__getitem__)
    accented = sum(not word.isascii() for word in words)
    if hits[best] > english and hits[best] >= 2 - bool(accented):
        return best
    if english == 0 and (accented > len(words) / 5 or (len(words) >= 8 and not any(map(_ENGLISH_LOOK.search, words)))):
        return "und"
    return "en"


def search_terms(text: str) -> str:
    """Return the words of a text as the search index holds them: CJK runs as overlapping bigrams, others whole.

    A CJK run ends with its last character alone, so that a search for one character can be a prefix search.
    """
    terms: list[str] = []
    for cjk, other in _RUNS.findall(normalise(text)):
        if cjk:
            terms += map(add, cjk, cjk[1:])
            terms.append(cjk[-1])
        else:
            terms.append(other)
    return " ".join(terms)


def search_phrases(query: str) -> list[tuple[str, ...]]:
    """Split what a person typed into phrases of index terms; the last term of each phrase may be a prefix.

    Each phrase must occur; ``返金 crash`` gives ``[("返金",), ("crash",)]``, ``不具合`` gives ``[("不具", "具合")]``.
    """
    phrases: list[tuple[str, ...]] = []
    for run in _RUN.findall(normalise(query)):
        if _IS_CJK.match(run) and len(run) > 1:
            phrases.append(tuple(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            phrases.append((run,))
    return phrases
