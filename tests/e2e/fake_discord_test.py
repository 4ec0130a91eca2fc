# SPDX-License-Identifier: Apache-2.0
"""Proves the stand-in for Discord: what its gateway does to a client, how interactions are answered, and that
its signatures are right and its forgeries wrong. fake_discord_rest_test.py is about its REST API. Neither
needs a build."""
import contextlib
import json
import time

import fake_discord
import net
from fake_discord import BOT, CHANNEL, GUILD, FakeDiscord
from fake_discord_bot import INTENTS, NAMES, NOBODY, Endpoint, Link, Rest, bot_and_link, broken, code, resumed
from fake_discord_sign import FORGERIES, Key, forge, post, verify


# ---- gateway -------------------------------------------------------------------------------------------


@net.case
def gateway__identifies_and_hears():
    with bot_and_link() as (dc, rest, link):
        answer = rest("GET", "/gateway/bot").json()
        net.equal((answer["url"], answer["session_start_limit"]["remaining"]), (dc.gateway_url, 999))
        net.equal(link.ready["user"]["id"], BOT)
        said = dc.say("hello", mention=True).data
        heard = link.take(t="MESSAGE_CREATE")["d"]
        net.equal((heard["id"], heard["content"], heard["guild_id"]), (said["id"], f"<@{BOT}> hello", GUILD))
        net.equal((dc.connects, dc.identifies, dc.violations), (1, 1, []))


@net.case
def gateway__acknowledges_heartbeats():
    with bot_and_link() as (dc, _, link):
        link.send(1, link.seq)
        link.take(op=11)
        dc.gateway("heartbeat")
        link.take(op=1)
        link.send(1, 999)
        link.take(op=11)
        assert "heartbeat with 999" in dc.violations[0], dc.violations


@net.case
def gateway__misses_heartbeats():
    with FakeDiscord() as dc, Link(dc.gateway_url, dc.token) as link:
        dc.config.heartbeat_ms = 100
        link.identify()
        net.equal(link.end(), 4009)
        net.equal(resumed(dc, link).take(op=9)["d"], False)
        assert "no heartbeat" in dc.violations[0], dc.violations


@net.case
def gateway__zombie_sends_no_acks():
    with bot_and_link() as (dc, _, link):
        dc.gateway("zombie")
        link.send(1, link.seq)
        dc.say("x", mention=True)
        net.equal(link.take()["t"], "MESSAGE_CREATE")


@net.case
def gateway__resumes_with_what_was_missed():
    for how in ({"action": "close", "code": 4000}, {"action": "terminate"},
                {"action": "terminate", "reset": True}, {"action": "close", "code": 4008}):
        with bot_and_link() as (dc, _, link):
            dc.say("one", mention=True)
            link.take(t="MESSAGE_CREATE")
            dc.gateway(**how)
            net.equal(link.end(), how.get("code", 1006))
            dc.wait("it is gone", lambda d=dc: not d.links)
            dc.say("two", mention=True)
            dc.say("three", dm=True)
            with resumed(dc, link) as again:
                texts = [again.take()["d"]["content"] for _ in range(2)]
                net.equal(texts, [f"<@{BOT}> two", "three"])
                again.take(t="RESUMED")
                dc.say("four", dm=True)
                net.equal(again.take()["d"]["content"], "four")
            net.equal((dc.resumes, dc.violations), (1, []))


@net.case
def gateway__resume_is_refused():
    with bot_and_link() as (dc, _, link):
        with Link(dc.gateway_url, dc.token) as other:
            other.resume(link).take(t="RESUMED")
            assert "another address" in dc.violations.pop(), dc.violations
        with Link(dc.resume_url, "wrong") as other:
            net.equal(other.resume(link).end(), 4004)
        net.equal(dc.violations, [])
        with Link(dc.resume_url, dc.token) as other:
            net.equal(other.resume(link, seq=999).end(), 4007)
        with resumed(dc, link) as other:
            net.equal(other.take(op=9)["d"], False)
            other.send(2, {"token": dc.token, "intents": INTENTS, "properties": NAMES})
            other.take(t="READY")


@net.case
def gateway__session_ends_by_the_client_and_by_age():
    for ended in (1000, 1001):
        with bot_and_link() as (dc, _, link):
            link.close(ended)
            net.equal(resumed(dc, link).take(op=9)["d"], False)
    with bot_and_link() as (dc, _, link):
        link.close(4000)
        with resumed(dc, link) as again:
            again.take(t="RESUMED")
            dc.config.session_ttl_ms = 1
            again.close(4000)
        dc.wait("it is old", lambda: not dc.links and time.sleep(0.01) is None)
        net.equal(resumed(dc, link).take(op=9)["d"], False)


@net.case
def gateway__reconnect_and_invalid_session():
    with bot_and_link() as (dc, _, link):
        dc.gateway("reconnect")
        link.take(op=7)
        dc.gateway("invalid", resumable=True)
        net.equal(link.take(op=9)["d"], True)
        with resumed(dc, link) as again:
            again.take(t="RESUMED")
            dc.gateway("invalid")
            net.equal(again.take(op=9)["d"], False)
        net.equal(resumed(dc, link).take(op=9)["d"], False)
        net.equal(dc.violations, [])


@net.case
def gateway__closes_what_it_cannot_take():
    def sends(*frames):
        def do(link):
            for f in frames:
                link.send(*f) if isinstance(f, tuple) else link.frame(1, f)
        return do

    identify = {"token": fake_discord.TOKEN, "intents": INTENTS, "properties": NAMES}
    for do, want in (
        (sends((2, {**identify, "token": "wrong"})), 4004),
        (sends((2, {**identify, "intents": 1 << 26})), 4013),
        (sends((2, {**identify, "intents": 1 << 15})), 4014),
        (sends((2, {**identify, "shard": [1, 1]})), 4010),
        (sends((2, {"token": fake_discord.TOKEN, "intents": 0})), 4002),
        (sends((2, identify), (2, identify)), 4005),
        (sends((3, {})), 4003),
        (sends((42, {})), 4001),
        (sends(b"{not json"), 4002),
        (sends(b'{"op":1,"d":"' + b"x" * 4096 + b'"}'), 4002),
        (sends(*[(1, None)] * 121), 4008),
        (lambda link: link.frame(1, b"{}", mask=False), 1002),
        (lambda link: link.frame(3, b""), 1002),
        (lambda link: link.frame(0, b"x"), 1002),
        (lambda link: link.frame(9, b"x", fin=False), 1002),
        (lambda link: link.frame(2, b"x"), 1003),
    ):
        with FakeDiscord() as dc, Link(dc.gateway_url, dc.token) as link:
            dc.config.privileged = 0
            link.hello()
            do(link)
            net.equal(link.end(), want)
    with FakeDiscord() as dc:
        dc.config.shards = 2
        with Link(dc.gateway_url, dc.token, "?v=9") as link:
            net.equal(link.end(), 4012)
        with Link(dc.gateway_url, dc.token) as link:
            net.equal(link.identify(wait=False).end(), 4011)


@net.case
def gateway__identify_rule():
    with FakeDiscord() as dc:
        dc.config.identify_s = 5
        with Link(dc.gateway_url, dc.token) as one, Link(dc.gateway_url, dc.token) as two:
            one.identify()
            net.equal(two.identify(wait=False).take(op=9)["d"], False)
        assert "after the one before" in dc.violations[0], dc.violations


@net.case
def gateway__identify_budget():
    with FakeDiscord() as dc:
        dc.config.remaining = 0
        with Link(dc.gateway_url, dc.token) as link:
            net.equal(link.identify(wait=False).end(), 4004)
        assert "budget" in dc.violations[0], dc.violations


@net.case
def gateway__events_go_where_they_belong():
    big = str((1 << 22) + 7)
    with FakeDiscord() as dc:
        dc.add_channel("777", guild=big)
        with Link(dc.gateway_url, dc.token) as a, Link(dc.gateway_url, dc.token) as b:
            a.identify(intents=1 << 12, shard=[0, 2])
            b.identify(intents=1 << 9 | 1 << 15, shard=[1, 2])
            dc.say("not for a: no intent", channel="777")
            dc.say("for a", dm=True)
            net.equal(a.take()["d"]["content"], "for a")
            net.equal(b.take()["d"]["content"], "not for a: no intent")


@net.case
def gateway__content_needs_its_intent():
    with bot_and_link() as (dc, rest, link):
        mine = rest.create(CHANNEL, "mine").json()
        dc.say("unseen")
        dc.say("seen", mention=True)
        dc.say("a reply", reply_to=mine["id"])
        texts = [link.take(t="MESSAGE_CREATE")["d"]["content"] for _ in range(4)]
        net.equal(texts, ["mine", "", f"<@{BOT}> seen", "a reply"])


@net.case
def gateway__odd_frames():
    with bot_and_link() as (dc, _, link):
        dc.gateway("raw", text="{broken")
        net.equal(link.next_message(), "{broken")
        dc.gateway("fragment", text='{"op":11,"d":"\u00e4\U0001f642"}', size=1)
        net.equal(link.take(op=11)["d"], "\u00e4\U0001f642")
        dc.gateway("binary", data=b"\x00")
        net.equal(link.next_frame(), (True, 2, b"\x00"))
        dc.gateway("bytes", data=b"\xff\x00")
        net.equal(link.next_frame(), (True, 15, b""))
        dc.gateway("ping")
        dc.gateway("dispatch", t="NEW_THING", d={"a": 1})
        net.equal(link.take()["d"], {"a": 1})
        dc.gateway("expire")
        net.equal(resumed(dc, link).take(op=9)["d"], False)


@net.case
def gateway__half_open_says_nothing_more():
    with bot_and_link() as (dc, _, link):
        dc.gateway("half_open")
        dc.say("x", mention=True)
        link.send(1, link.seq)
        link.raw.sock.settimeout(0.3)
        try:
            raise AssertionError(link.next_message())
        except TimeoutError:
            pass
        with resumed(dc, link) as again:
            net.equal(again.take(t="MESSAGE_CREATE")["d"]["content"], f"<@{BOT}> x")


@net.case
def gateway__upgrades_are_refused():
    with FakeDiscord() as dc:
        dc.refuse(2)
        for _ in range(2):
            net.equal(Link(dc.gateway_url, dc.token).status, 503)
        dc.refuse(1, status=0)
        assert broken(lambda: Link(dc.gateway_url, dc.token))
        with Link(dc.gateway_url, dc.token) as link:
            link.identify()
        with net.Raw("127.0.0.1", dc.port) as raw:
            raw.send("GET /gateway HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
            net.equal(raw.response().status, 400)
        assert "handshake" in dc.violations[-1]


@net.case
def gateway__down_and_up():
    with FakeDiscord() as dc, Rest(dc.env) as rest:
        with Link(dc.gateway_url, dc.token) as link:
            link.identify()
            net.equal(rest("GET", "/gateway/bot").status, 200)
            dc.down()
            net.equal(link.end(), 1006)
        assert broken(lambda: rest("GET", "/gateway/bot"))
        dc.say("x", dm=True)
        dc.up()
        with resumed(dc, link) as again:
            net.equal(again.take()["d"]["content"], "x")
        net.equal(rest("GET", "/gateway/bot").status, 200)


@net.case
def gateway__zlib_stream():
    query = "?v=10&encoding=json&compress=zlib-stream"
    with FakeDiscord() as dc, Link(dc.gateway_url, dc.token, query) as link:
        link.identify()
        dc.say("x", dm=True)
        net.equal(link.take(t="MESSAGE_CREATE")["d"]["content"], "x")


# ---- interactions --------------------------------------------------------------------------------------


@contextlib.contextmanager
def asked(kind=2, **config):
    """A stand-in, calls, a connection, and an interaction that came by it."""
    with bot_and_link(**config) as (dc, rest, link):
        data = {"custom_id": "c", "component_type": 2} if kind == 3 else dc.command_data("ask", {"q": "?"})
        message = dc.add_message(CHANNEL, {"content": "m"}, dc.bot_user()).data if kind == 3 else None
        dc.deliver(dc.interaction(kind, data, message=message))
        d = link.take(t="INTERACTION_CREATE")["d"]
        yield dc, rest, d, dc.interactions[d["id"]]


@net.case
def interaction__deferred_edited_followed_up():
    with asked() as (dc, rest, d, x):
        net.equal(code(rest.original(d)), (404, 10015), "not before it is acknowledged")
        net.equal(rest.callback(d, 5, {"flags": 64}).status, 204)
        assert x.ack["type"] == 5 and x.ack["ms"] < 3000 and x.ephemeral and not dc.done(x)
        net.equal(code(rest.callback(d, 4, {"content": "x", "allowed_mentions": NOBODY})), (400, 40060))
        net.equal(rest.original(d, content="answer").json()["content"], "answer")
        assert dc.done(x)
        net.equal(rest.original(d, "GET").json()["flags"], 64)
        f = rest.followup(d, flags=64).json()
        path = f"/webhooks/{dc.app}/{d['token']}/messages/{f['id']}"
        net.equal(rest("PATCH", path, {"content": "y", "allowed_mentions": NOBODY}).json()["content"], "y")
        net.equal(rest("DELETE", path).status, 204)
        net.equal(rest.original(d, "DELETE").status, 204)
        net.equal(code(rest.original(d, "GET")), (404, 10008))
        net.equal((x.edits, len(x.followups), dc.sent(CHANNEL), dc.violations), (1, 1, [], []))


@net.case
def interaction__first_followup_replaces_the_promise():
    with asked() as (dc, rest, d, x):
        rest.callback(d, 5)
        rest.followup(d, "answer")
        net.equal([m.data["content"] for m in dc.sent(CHANNEL)], ["answer"])
        net.equal((dc.done(x), x.followups), (True, []))


@net.case
def interaction__answered_at_once():
    with asked() as (dc, rest, d, x):
        r = rest.callback(d, 4, {"content": "x", "allowed_mentions": NOBODY}, "?with_response=true").json()
        net.equal(r["interaction"]["response_message_id"], x.original)
        m = dc.messages[x.original].data
        net.equal(m["interaction_metadata"]["user"]["id"], fake_discord.OWNER)
        net.equal((dc.done(x), dc.unanswered(), dc.violations), (True, [], []))


@net.case
def interaction__too_late():
    with asked(deadline_ms=50) as (dc, rest, d, x):
        time.sleep(0.06)
        net.equal(code(rest.callback(d, 5)), (404, 10062))
        assert "acknowledged after" in dc.violations[0] and dc.unanswered() == [d["id"]]
        net.equal(code(rest.callback({**d, "id": "5"}, 5)), (404, 10062))


@net.case
def interaction__token_is_over():
    with asked(token_ttl_ms=200) as (dc, rest, d, _):
        rest.callback(d, 5)
        net.equal(rest.original(d).status, 200)
        time.sleep(0.2)
        net.equal(code(rest.original(d)), (401, 50027))
        net.equal([code(rest.followup(d)) for _ in range(2)], [(401, 50027)] * 2)
        net.equal(dc.violations, [])
        rest.followup(d)
        assert "is over" in dc.violations[0], dc.violations


@net.case
def interaction__only_answers_of_its_kind():
    said = {"content": "x", "allowed_mentions": NOBODY}
    choices = {"choices": [{"name": "n", "value": "v"}]}
    for kind, answer, data, status in (
        (2, 8, choices, 400), (2, 6, None, 400), (2, 4, {}, 400), (2, 5, {"content": "x"}, 204),
        (2, 4, {"content": "x" * 2001, "allowed_mentions": NOBODY}, 400), (2, 4, {"content": "x"}, 204),
        (4, 4, said, 400), (4, 8, {"choices": choices["choices"] * 26}, 400), (3, 8, choices, 400),
    ):
        with asked(kind) as (dc, rest, d, _):
            net.equal(rest.callback(d, answer, data).status, status, f"{kind} {answer} {data}")
            assert dc.violations or not data, (kind, answer, data)
    for kind, answer, data in ((4, 8, choices), (3, 6, None), (3, 7, said), (3, 5, {"flags": 64}),
                               (3, 4, said)):
        with asked(kind) as (dc, rest, d, x):
            net.equal(rest.callback(d, answer, data).status, 204, f"{kind} {answer}")
            net.equal((x.ack["type"], dc.violations), (answer, []))


@net.case
def interaction__update_changes_the_message():
    with asked(3) as (dc, rest, d, x):
        rest.callback(d, 7, {"content": "new", "components": [], "allowed_mentions": NOBODY})
        net.equal(dc.messages[d["message"]["id"]].data["content"], "new")
        net.equal(x.original, d["message"]["id"])


@net.case
def interaction__five_followups_for_a_user():
    with bot_and_link() as (dc, rest, link):
        dc.deliver(dc.interaction(2, dc.command_data("ask", {}), user_install=True))
        d = link.take(t="INTERACTION_CREATE")["d"]
        rest.callback(d, 4, {"content": "x", "allowed_mentions": NOBODY})
        net.equal([rest.followup(d).status for _ in range(6)], [200] * 5 + [400])


# ---- signatures ----------------------------------------------------------------------------------------

# RFC 8032, section 7.1: secret, public, message, signature
VECTORS = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]


@net.case
def ed25519__vectors():
    for secret, public, text, signature in VECTORS:
        key, text, signature = Key(bytes.fromhex(secret)), bytes.fromhex(text), bytes.fromhex(signature)
        net.equal((key.public.hex(), key.sign(text)), (public, signature))
        assert verify(key.public, text, signature)
        assert not verify(key.public, text + b"x", signature)


@net.case
def endpoint__takes_good_calls_and_no_forgery():
    with FakeDiscord() as dc, Endpoint(dc.signer.public_hex, {2: {"type": 5}}) as hook:
        body = json.dumps({"type": 1, "id": "1"}).encode()
        headers = dc.signer.headers(body)
        net.equal(post(hook.url, body, headers).json(), {"type": 1})
        net.equal(post(hook.url, body, headers).status, 401, "replayed")
        for how in FORGERIES:
            for _ in range(3):
                headers, bad = forge(dc.signer, how, body)
                net.equal(post(hook.url, bad, headers).status, 401, f"{how} {headers} {bad}")
        x = dc.interaction(2, dc.command_data("ask", {}))
        net.equal(dc.deliver_http(x, hook.url).status, 200)
        net.equal((x.ack["via"], x.ack["type"], dc.done(x)), ("http", 5, False))
        net.equal((len(hook.taken), dc.violations), (2, []))


@net.case
def endpoint__bad_answers_are_seen():
    with FakeDiscord() as dc, Endpoint(dc.signer.public_hex, {2: {"type": 6}}) as hook:
        dc.deliver_http(dc.interaction(2, dc.command_data("ask", {})), hook.url)
        assert dc.violations

net.main()
