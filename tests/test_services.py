"""Real services through the real Apprise: an alert and its escalation arrive once, whole and readable, or go another way."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from monitor.deliver.channels import channels_of
from monitor.deliver.kit import Kit, Picture
from monitor.deliver_settings import Channel, Mail
from monitor.notify import Message, Outcome, Unusable, open_channel
from monitor.notify.fit import Room, beside, fitted
from monitor.notify.services import Service
from monitor.rota import Duty
from monitor.store import Store
from tests.builders import FixedClock, post, put
from tests.fakes.receivers import HttpReceiver, MailReceiver
from tests.fakes.services import KEY, WEBHOOK, Host, Seen, services
from tests.rota_kit import ALWAYS, BRAND, NOW, alert, delivery, kit, states
from tests.test_notify import CLOSED, certificate

pytestmark = pytest.mark.usefixtures("at_once")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
Outside = tuple[MailReceiver, HttpReceiver]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a service of Apprise is reached: by its address, or by a changed host; ``to``: the recipient that it then names."""

    address: str
    to: str
    change: Callable[[Any, str], None] = lambda *_: None
    brief: bool = False
    pictures: bool = False
    wrong: str = ""


def host_of(name: str) -> Callable[[Any, str], None]:
    """Return what changes the address in one attribute of a service; what comes after ``=`` is its path."""
    attribute, _, path = name.partition("=")
    return lambda service, base: setattr(service, attribute, base + path)


def pager(_service: Any, base: str) -> None:
    from apprise.plugins import pagerduty

    pagerduty.PAGERDUTY_API_LOOKUP[pagerduty.PagerDutyRegion.US] = f"{base}/v2/enqueue"


# {n} is 1 for the first on duty and 2 for the next
PLACES = {
    "mattermost": Place(address=f"mmost://HOST/{KEY[:25]}{{n}}", to=f"{KEY[:25]}{{n}}", wrong="mmost://HOST/" + "x" * 26),
    "mattermost-bot": Place(address=f"mmost://team@HOST/{KEY}?mode=bot&to={'c' * 25}{{n}}", to="c" * 25 + "{n}", pictures=True, wrong=f"mmost://team@HOST/{'x' * 26}?mode=bot&to={'c' * 26}"),
    "rocket": Place(address=f"rocket://{WEBHOOK[:-1]}{{n}}@HOST", to=f"{WEBHOOK[:-1]}{{n}}", wrong="rocket://" + "x" * 17 + "/" + "y" * 29 + "@HOST"),
    "rocket-bot": Place(address="rocket://bot:himitsu@HOST/#pr{n}", to="#pr{n}", wrong="rocket://bot:falsch@HOST/#pr"),
    "ntfy": Place(address="ntfy://tk_himitsu@HOST/pr{n}?auth=token", to="pr{n}", pictures=True, wrong="ntfy://tk_falsch@HOST/pr?auth=token"),
    "gotify": Place(address=f"gotify://HOST/{'A' * 14}{{n}}", to="A" * 14 + "{n}", wrong="gotify://HOST/" + "x" * 15),
    "matrix": Place(address="matrix://himitsu@HOST/!pr{n}:example.com", to="!pr{n}:example.com", pictures=True, wrong="matrix://falsch@HOST/!pr:example.com"),
    "nctalk": Place(address="nctalk://bot:himitsu@HOST/room{n}", to="room{n}"),
    "slack": Place(address="slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7F{n}", to="T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7F{n}", change=host_of("webhook_url=/services"), wrong="slack://T9JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
    "slack-bot": Place(address="slack://xoxb-1234-1234-abc124/#pr{n}", to="#pr{n}", change=host_of("api_url=/slack/{}"), pictures=True, wrong="slack://xoxb-1234-1234-abc999/#pr"),
    "discord": Place(address="discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_j{n}", to="4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_j{n}", change=host_of("notify_url=/discord"), pictures=True, wrong="discord://9174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"),
    "line": Place(address=f"line://{'A' * 40}/U{'b' * 31}{{n}}", to=f"U{'b' * 31}{{n}}", change=host_of("notify_url=/line/push"), wrong=f"line://{'x' * 40}/U{'b' * 32}"),
    "telegram": Place(address="tgram://123456789:abcdefg_hijklmnop/1231554{n}/", to="1231554{n}", change=host_of("notify_url=/bot"), pictures=True, wrong="tgram://923456789:abcdefg_hijklmnop/12315544/"),
    "gchat": Place(address="gchat://space{n}/key/token", to="space{n}", change=host_of("notify_url=/spaces/{workspace}")),
    "twilio": Place(address=f"twilio://AC{'a' * 32}:{'b' * 32}@15551233456/1555123123{{n}}", to="+1555123123{n}", change=host_of("notify_sms_url=/{sid}/Messages.json"), brief=True),
    "pagerduty": Place(address=f"pagerduty://{'i' * 31}{{n}}@{'a' * 20}", to="i" * 31 + "{n}", change=pager, brief=True),
}  # fmt: skip


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def opener(place: Place, host: Host) -> Callable[[Channel, Mail], Any]:
    """Return what opens channels as the program does, and changes the host of a service that has its own."""

    def opened(channel: Channel, mail: Mail) -> Any:
        postman = open_channel(channel, mail)
        if isinstance(postman, Service):
            place.change(postman._service, f"http://127.0.0.1:{host.port}")
        return postman

    return opened


def two(place: Place, host: Host, outside: Outside, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Kit:
    """Return a kit: sato by a service in Japanese and then by mail, suzuki by the same service in English."""
    for n in (1, 2):
        monkeypatch.setenv(f"CHAT_{n}", place.address.replace("HOST", f"127.0.0.1:{host.port}").replace("{n}", str(n)))
    made = kit(
        outside, monkeypatch, draw=lambda *_: Picture(png=PNG, words="過去24時間"), connect=opener(place, host), **more
    )
    channels = [
        Channel(name="chat", url="env:CHAT_1", language="ja"),
        Channel(name="mail", url="mail:sato@example.com", language="ja"),
        Channel(name="second", url="env:CHAT_2", language="en"),
    ]
    duties = (
        Duty(who="佐藤", channels=("chat", "mail"), calendar=ALWAYS),
        Duty(who="suzuki", channels=("second",), calendar=ALWAYS),
    )
    return replace(made, channels={one.name: one for one in channels}, duties=duties)


def crowd(store: Store) -> None:
    put(
        store,
        post("p1", "コンセントから煙が出た🔥 家族は無事です👨‍👩‍👧 https://evil.example/x @everyone", by="_hana_k_", when=0, url="https://x.example/p1?a_b=1&c=2"),
        post("p2", "<!channel> *smoke* ~~from~~ [the kettle](https://evil.example) & __toaster__ :fire:", by="t_mori", when=60, url="https://x.example/p2"),
        post("p3", "# 発煙 \\o/ 1. `rm -rf` | $x$", by="kai", when=90, url="https://x.example/p3_(a)"),
        brand=BRAND,
    )  # fmt: skip


RAW = ("\\_", "\\.", "\\-", "&amp;", "&lt;", "<br", "<p>", "**", "# 【", "github", "apprise", "Apprise", "@everyone", "<!channel>", "evil.example", "_hana_k_", "__toaster__")  # fmt: skip


def whole(seen: Seen, number: int, *expected: str) -> None:
    """Assert that a reader gets all of an alert, and nothing that is not meant for readers."""
    words = seen.words
    for part in (
        *expected,
        "コンセントから煙が出た🔥",
        "家族は無事です👨‍👩‍👧",
        "smoke",
        "発煙",
        "https://x.example/p1?a_b=1&c=2",
        "https://x.example/p3_(a)",
        f"https://monitor.example.com/alerts/{number}",
    ):
        assert part in words, part
    assert re.search(r"https://monitor\.example\.com/acknowledge\?token=[\w-]{32}(\s|$)", words)
    for garbage in RAW:
        assert garbage not in words, (garbage, words)
        assert garbage in ("&amp;", "&lt;", "<br", "<p>") or garbage not in seen.raw, garbage


@pytest.mark.parametrize("name", PLACES)
def test_an_alert_and_its_escalation_arrive_once_and_whole(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = PLACES[name]
    crowd(store)
    number = alert(store, clock)
    job = delivery(store, two(place, host, outside, monkeypatch), clock)
    assert [job.run(), job.run()] == [1, 0], states(store)
    (first,) = host.of(place.to.replace("{n}", "1"))
    clock.move(1800)
    assert [job.run(), job.run()] == [1, 0], states(store)
    (second,) = host.of(place.to.replace("{n}", "2"))
    assert len(host.of(place.to.replace("{n}", "1"))) == 1
    assert {one.service for one in host.seen} == {name}
    title, english = (
        f"【警戒】{BRAND}:投稿 平常の9倍 41人 11:00-",
        "[No answer: Warning] みらい…: volume 9x usual, 41 people 11:00-",
    )
    if place.brief:
        link = r" https://monitor\.example\.com/acknowledge\?token=[\w-]{32}"
        assert re.fullmatch(re.escape(title) + link, first.words)
        assert re.fullmatch(re.escape(english) + link, second.words)
        return
    whole(first, number, title, "開始から520件・41人", "当番: 佐藤、suzuki", "30%は再投稿です。")
    whole(
        second,
        number,
        english,
        "520 posts by 41 people",
        "On duty: 佐藤, suzuki.",
        "not acknowledged within 30 minutes",
    )
    assert first.words.count(title) == 1
    assert any(one.picture for one in host.seen) == place.pictures


def test_teams_by_a_workflow(
    store: Store, clock: FixedClock, outside: Outside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It speaks TLS only."""
    crowd(store)
    number = alert(store, clock, "emergency")
    with services(certificate(tmp_path)) as host:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
        place = Place(
            address="workflow://HOST/643e69f83c8944438d68119179a10a6{n}/himitsu",
            to="643e69f83c8944438d68119179a10a6{n}",
        )
        job = delivery(store, two(place, host, outside, monkeypatch), clock)
        assert [job.run(), job.run()] == [2, 0], states(store)
        (first,) = host.of("643e69f83c8944438d68119179a10a61")
    whole(first, number, "【緊急】", "開始から520件・41人")
    assert "  \n" in first.text, "Markdown keeps no other line break"


WITH_A_WRONG_KEY = {name: place for name, place in PLACES.items() if place.wrong}


@pytest.mark.parametrize("name", WITH_A_WRONG_KEY)
def test_a_wrong_key_fails_over_to_the_next_channel_and_is_shown(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = replace(PLACES[name], address=PLACES[name].wrong)
    number = alert(store, clock)
    made = two(place, host, outside, monkeypatch)
    assert delivery(store, made, clock).run() == 1
    assert states(store) == {f"alert:{number}:warning chat": "failed", f"alert:{number}:warning mail": "sent"}
    text = outside[0].mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "すでに" not in text, "it has certainly not come by the chat"
    shown = next(one for one in channels_of(store, made) if one["name"] == "chat")
    assert shown["fails"]
    assert re.fullmatch(r"[\w. ]+: (HTTP 40[134]|invalid_auth)", shown["detail"])
    assert host.seen == []


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_busy_is_tried_again_and_nothing_is_doubled(
    name: str,
    status: int,
    store: Store,
    clock: FixedClock,
    outside: Outside,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = PLACES[name]
    number = alert(store, clock)
    job = delivery(store, two(place, host, outside, monkeypatch), clock)
    host.always = (status, {})
    assert job.run() == 0
    host.always = None
    assert states(store) == {f"alert:{number}:warning chat": "waiting"}
    assert host.of(place.to.replace("{n}", "1")) == []
    clock.move(20)
    assert [job.run(), job.run()] == [1, 0]
    assert len(host.of(place.to.replace("{n}", "1"))) == 1
    assert outside[0].mails == []


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("answer", [(500, {}), (502, {}), None])
def test_what_may_have_come_is_never_sent_there_again_and_the_next_channel_says_so(
    name: str,
    answer: Any,
    store: Store,
    clock: FixedClock,
    outside: Outside,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = PLACES[name]
    number = alert(store, clock)
    job = delivery(store, two(place, host, outside, monkeypatch), clock)
    host.answers = [answer]
    job.run()
    for _ in range(3):
        clock.move(300)
        job.run()
    assert len(host.of(place.to.replace("{n}", "1"))) <= 1
    if (
        states(store)[f"alert:{number}:warning chat"] == "sent"
    ):  # Apprise asked for the same event again, by its own number
        assert name == "matrix"
        return
    assert states(store)[f"alert:{number}:warning chat"] == "unknown"
    text = outside[0].mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.startswith("この通知は、すでにchatで届いている可能性があります。")
    assert len(outside[0].mails) == 1


def sent(
    host: Host, place: Place, message: Message, monkeypatch: pytest.MonkeyPatch, more: str = "", **channel: Any
) -> Outcome:
    """Send one message by a service."""
    monkeypatch.setenv("CHAT", place.address.replace("HOST", f"127.0.0.1:{host.port}").replace("{n}", "1") + more)
    outcome: Outcome = opener(place, host)(Channel(name="chat", url="env:CHAT", **channel), Mail()).send(message)
    return outcome


@pytest.mark.parametrize("name", ["mattermost", "rocket", "gotify", "slack", "line", "ntfy", "twilio"])
def test_a_service_that_is_not_there_is_asked_later(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = PLACES[name]
    assert sent(Host(port=CLOSED), place, Message(title="t", text="b"), monkeypatch).result == "later"


@pytest.mark.parametrize("name", ["mattermost", "rocket-bot", "gotify", "slack", "telegram"])
def test_an_answer_that_does_not_come_in_time_leaves_it_unknown(
    name: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.notify.services.PATIENCE", 0.1)
    host.slow = 0.3
    outcome = sent(host, PLACES[name], Message(title="t", text="b"), monkeypatch)
    assert (outcome.result, outcome.detail.rpartition(": ")[2]) == ("unknown", "no answer")


def test_an_address_cannot_ask_for_what_would_double_or_hide(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    place, more = PLACES["mattermost"], "?retry=3&wait=0&optional=yes&overflow=split&redirect=yes&emojis=yes"
    host.always = (404, {})
    assert sent(host, place, Message(title="t", text="b"), monkeypatch, more).result == "refused"
    assert len(host.calls) == 1
    host.always = None
    assert sent(host, place, Message(title="t", text="b :fire:" * 2000), monkeypatch, more).result == "sent"
    assert len(host.seen) == 1
    assert ":fire:" in host.seen[0].text


@pytest.mark.parametrize(("status", "result"), [(301, "unknown"), (302, "unknown"), (307, "refused"), (308, "refused")])
def test_an_address_that_has_moved_is_no_success(
    host: Host, monkeypatch: pytest.MonkeyPatch, status: int, result: str
) -> None:
    """A client that follows a 301 asks the new address with GET, gets a page, and takes that for a success."""
    host.always = (status, {})
    outcome = sent(host, PLACES["gotify"], Message(title="t", text="b"), monkeypatch)
    assert (outcome.result, outcome.detail) == (result, f"Gotify: HTTP {status}")
    assert len(host.calls) == 1


@pytest.mark.parametrize("name", ["ntfy", "mattermost-bot"])
def test_a_picture_that_is_not_wanted_costs_no_message(name: str, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.files = False
    message = Message(title="題名", text="本文", picture=PNG)
    outcome = sent(host, PLACES[name], message, monkeypatch)
    if name == "ntfy":
        assert outcome.result == "sent"
        assert [(one.picture, one.text) for one in host.seen] == [(False, "本文")]
    else:  # 501: tried again later; the text had certainly not left
        assert outcome.result == "later"
        assert host.seen == []


LONG = "\n\n".join(
    [
        "一段落目です。" * 5,
        *(f"■ 見出し{i}\n" + "\n".join(f"・{n}行目の長い文章です🔥_{n}" for n in range(40)) for i in range(30)),
        "確認する\n  https://monitor.example.com/acknowledge?token=" + "t_-" * 11,
    ]
)


@pytest.mark.parametrize("name", [name for name in PLACES if not PLACES[name].brief])
def test_a_text_that_is_too_long_is_cut_between_lines_and_keeps_its_links(
    name: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "【警戒】" + "題" * 50
    assert sent(host, PLACES[name], Message(title=title, text=LONG, picture=PNG), monkeypatch).result == "sent"
    (seen,) = host.of(PLACES[name].to.replace("{n}", "1"))
    assert title in seen.words
    assert "一段落目です。" in seen.words
    assert seen.words.endswith("https://monitor.example.com/acknowledge?token=" + "t_-" * 11)
    if "…" in seen.words:
        last = seen.words.rpartition("…")[0].rstrip().split("\n")[-1]
        assert re.fullmatch(r"・\d+行目の長い文章です🔥_\d+", last), last
    assert len(seen.words) > 900


@pytest.mark.parametrize("name", ["twilio", "pagerduty"])
def test_a_short_text_gives_way_to_its_link(name: str, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    title, link = "【緊急】" + "題" * 56, "https://monitor.a-rather-long-name.example.com/acknowledge?token=" + "t" * 32
    assert (
        sent(host, PLACES[name], Message(title=title, text=LONG, short=f"{title} {link}"), monkeypatch).result == "sent"
    )
    (seen,) = host.of(PLACES[name].to.replace("{n}", "1"))
    assert seen.words.endswith(f" {link}")
    assert seen.words.startswith("【緊急】題")
    assert "\n" not in seen.words


def test_levels_reach_services_that_tell_them_apart(
    store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = delivery(store, two(PLACES["pagerduty"], host, outside, monkeypatch), clock)
    begin = int(clock.now.timestamp()) - 3600
    alert(store, clock, "warning", begin=begin)
    job.run()
    clock.move(60)
    alert(store, clock, "emergency", begin=begin)
    job.run()
    clock.move(3600)
    alert(store, clock, "emergency", begin=begin, state="closed")
    job.run()
    said = [re.search(r'"severity": "(\w+)"', one.raw)[1] for one in host.of("i" * 31 + "1")]  # type: ignore[index]
    assert said == ["warning", "critical"], "the end resolves, without a text"
    assert '"event_action": "resolve"' in host.seen[-1].raw
    assert not any("apprise" in one.raw.lower() for one in host.seen)


SECRETS = {
    "slack": ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "TIiajkdnlazkcOXrIdevi7FQ"),
    "discord": ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "JHMHI8qBe7bk2ZwO5U711o3dV_js"),
    "teams": ("workflow://prod-91.japaneast.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu", "KODuebWbDGYFr0z0eu"),
    "line": (f"line://{'z' * 40}/U{'b' * 32}", "z" * 40),
    "twilio": (f"twilio://AC{'a' * 32}:{'z' * 32}@15551233456/15551231234", "z" * 32),
    "twilio-call": (f"twilio://AC{'a' * 32}:{'z' * 32}@15551233456/15551231234?method=call", "z" * 32),
    "pagerduty": (f"pagerduty://{'z' * 32}@{'a' * 20}", "z" * 32),
    "opsgenie": ("opsgenie://8b799edf-6f98-4d3a-9be7-2862fb4e5752", "8b799edf-6f98-4d3a-9be7-2862fb4e5752"),
    "telegram": ("tgram://123456789:abcdefg_hijklmnop/12315544/", "abcdefg_hijklmnop"),
    "gchat": ("gchat://space/thekey12345/thetoken12345", "thetoken12345"),
    "webex": (f"wxteams://{'z' * 80}", "z" * 80),
    "pushover": (f"pover://{'u' * 30}@{'z' * 30}", "z" * 30),
    "whatsapp": (f"whatsapp://{'z' * 40}@12345678/15551231234", "z" * 40),
    "zulip": (f"zulip://bot@example/{'z' * 32}/general", "z" * 32),
    "lark": ("lark://abcd-1234-zzzz", "abcd-1234-zzzz"),
    "signal": ("signal://himitsu:zzzzzz@127.0.0.1:1/15551231234/15551231235", "zzzzzz"),
}  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_addresses_of_services_are_taken_and_their_keys_are_shown_nowhere(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    address, secret = SECRETS[name]
    monkeypatch.setenv("CHAT", address)
    channel = open_channel(Channel(name="chat", url="env:CHAT"), Mail())
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{CLOSED}")  # nothing leaves this machine
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{CLOSED}")
    outcome = channel.send(Message(title="t", text="b", short="t https://monitor.example.com/a"))
    said = [
        caplog.text,
        *capsys.readouterr(),
        channel.check(),
        outcome.detail,
        repr(channel),
        str(vars(channel).get("_name")),
    ]
    assert outcome.result == "later", outcome
    assert secret not in " ".join(said)
    monkeypatch.setenv("CHAT", address.replace("://", "q://"))
    with pytest.raises(Unusable) as wrong:
        open_channel(Channel(name="chat", url="env:CHAT"), Mail())
    assert secret not in str(wrong.value)
    assert secret not in caplog.text


def test_what_fits_is_untouched_and_half_a_link_is_never_left() -> None:
    assert fitted("a\n\nb", Room().takes) == "a\n\nb"
    assert fitted("x" * 50, Room(characters=10).takes) == "x" * 9 + "…"
    assert fitted("a\nb\nc\n\nlast", Room(characters=9).takes) == "a\n…\n\nlast"
    assert fitted("■ a\nb\nc\n\nlast", Room(characters=10).takes) == "…\n\nlast", "no heading without what it heads"
    assert fitted("🔥" * 100, Room(octets=40).takes) == "🔥" * 9 + "…"
    assert fitted("火" * 100, Room(escaped=60).takes) == "火" * 9 + "…"
    assert beside("title", "https://a", Room(characters=12).takes) == "t… https://a"
    assert beside("title", "https://a", Room(characters=9).takes) == "https://a"
    assert beside("title", "", Room(characters=3).takes) == "ti…"
