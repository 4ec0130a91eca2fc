# SPDX-License-Identifier: Apache-2.0
"""Proves the REST API of the stand-in for Discord: what calls do, its limits, each fault, and each thing that
it complains of."""
import json
import time

import fake_discord
import net
from fake_discord import BOT, CHANNEL, GUILD, FakeDiscord
from fake_discord_bot import AGENT, NOBODY, Rest, bot_and_link, broken, code


# ---- calls ---------------------------------------------------------------------------------------------


@net.case
def message__is_created_edited_and_deleted():
    with bot_and_link() as (dc, rest, link):
        m = rest.create(CHANNEL, "a", message_reference={"message_id": dc.say("q").data["id"]}).json()
        net.equal(m["referenced_message"]["content"], "q")
        assert rest.edit(CHANNEL, m["id"], "b").json()["edited_timestamp"]
        net.equal([(x.data["content"], x.edits) for x in dc.wait_sent(CHANNEL)], [("b", 1)])
        link.take(t="MESSAGE_UPDATE")
        path = f"/channels/{CHANNEL}/messages/{m['id']}"
        net.equal(rest("GET", path).json()["content"], "b")
        net.equal(rest("DELETE", path).status, 204)
        net.equal(code(rest("DELETE", path)), (404, 10008))
        net.equal(code(rest.create("1", "x")), (404, 10003))
        other = dc.say("not yours").data["id"]
        net.equal(code(rest.edit(CHANNEL, other, "x")), (403, 50005))
        net.equal(rest("POST", f"/channels/{CHANNEL}/typing").status, 204)
        net.equal((dc.sent(CHANNEL), dc.violations), ([], []))


@net.case
def message__edits_keep_their_distance():
    with bot_and_link(edit_gap_ms=300) as (dc, rest, _):
        m = rest.create(CHANNEL, "a").json()["id"]
        rest.edit(CHANNEL, m, "b")
        rest.edit(CHANNEL, m, "b")
        net.equal(dc.violations, [], "the same once more")
        rest.edit(CHANNEL, m, "c")
        assert "after the edit before" in dc.violations.pop()
        time.sleep(0.31)
        rest.edit(CHANNEL, m, "d")
        net.equal(dc.violations, [])


@net.case
def message__a_nonce_is_sent_once():
    with bot_and_link() as (dc, rest, _):
        once = {"nonce": "n1", "enforce_nonce": True}
        net.equal(len({rest.create(CHANNEL, "a", **once).json()["id"] for _ in range(3)}), 1)
        rest.create(CHANNEL, "a", nonce="n1")
        dc.fault("POST", "/messages", drop_after=True)
        assert broken(lambda: rest.create(CHANNEL, "b", nonce="n2", enforce_nonce=True))
        rest.create(CHANNEL, "b", nonce="n2", enforce_nonce=True)
        net.equal([m.data["content"] for m in dc.sent(CHANNEL)], ["a", "a", "b"])
        net.equal(dc.repeats, 3)


@net.case
def thread__from_a_message():
    with bot_and_link() as (dc, rest, link):
        m = dc.say("long story", mention=True).data["id"]
        path = f"/channels/{CHANNEL}/messages/{m}/threads"
        thread = rest("POST", path, {"name": "story"}).json()
        net.equal((thread["id"], thread["type"], thread["parent_id"]), (m, 11, CHANNEL))
        net.equal(link.take(t="THREAD_CREATE")["d"]["owner_id"], BOT)
        net.equal(code(rest("POST", path, {"name": "story"})), (400, 160004))
        dc.say("in it", channel=m, mention=True)
        net.equal(link.take(t="MESSAGE_CREATE")["d"]["position"], 1)
        net.equal(rest.create(m, "answer").status, 200)
        net.equal(rest("GET", f"/channels/{m}").json()["name"], "story")
        net.equal(dc.violations, [])


@net.case
def dm__channel():
    with bot_and_link() as (dc, rest, link):
        user = fake_discord.person(7)
        c = rest("POST", "/users/@me/channels", {"recipient_id": user}).json()["id"]
        dc.say("psst", user=7, dm=True)
        heard = link.take(t="MESSAGE_CREATE")["d"]
        net.equal((heard["channel_id"], "guild_id" in heard), (c, False))
        net.equal(rest.create(c, "hello").status, 200)
        dc.denied[c] = 403, 50007, "Cannot send messages to this user"
        net.equal(code(rest.create(c, "hello")), (403, 50007))


@net.case
def commands__replace_all_and_keep_their_ids():
    with bot_and_link() as (dc, rest, _):
        one = {"name": "ask", "description": "d", "type": 1}
        first = rest.commands(one, {"name": "Ask about this", "type": 3}).json()
        second = rest.commands({**one, "description": "e"}).json()
        net.equal([c["id"] for c in second], [first[0]["id"]])
        net.equal([c["description"] for c in dc.commands[None]], ["e"])
        path = f"/applications/{dc.app}/guilds/{GUILD}/commands"
        net.equal(rest("PUT", path, [one]).json()[0]["guild_id"], GUILD)
        net.equal(code(rest("PUT", f"/applications/1/guilds/{GUILD}/commands", [one])), (403, 20012))
        net.equal(dc.violations, [])


@net.case
def buckets__count_and_refuse():
    with FakeDiscord() as dc, Rest(dc.env) as rest:
        dc.config.buckets["default"] = 2, 300
        left = [rest.create(CHANNEL).headers["X-RateLimit-Remaining"] for _ in range(2)]
        net.equal(left, ["1", "0"])
        r = rest.create(CHANNEL)
        net.equal((r.status, r.headers["X-RateLimit-Scope"], r.json()["global"]), (429, "user", False))
        assert 0 < r.json()["retry_after"] <= 0.3 and r.headers["X-RateLimit-Bucket"]
        assert "before its bucket is full" in dc.violations.pop()
        net.equal(rest("POST", f"/channels/{CHANNEL}/typing").status, 204, "another bucket")
        dc.add_channel("900")
        net.equal(rest.create("900").status, 200, "another channel")
        time.sleep(float(r.json()["retry_after"]) + 0.01)
        net.equal((rest.create(CHANNEL).status, dc.violations, dc.invalid), (200, [], 1))


@net.case
def limits__global_and_shared():
    with bot_and_link() as (dc, rest, _):
        dc.fault("POST", status=429, retry_after=0.2, scope="global")
        r = rest.create(CHANNEL)
        net.equal((r.headers["X-RateLimit-Global"], r.json()["global"]), ("true", True))
        net.equal(rest("GET", "/gateway/bot").status, 429)
        assert "global retry_after" in dc.violations.pop()
        time.sleep(0.21)
        dc.fault("POST", status=429, retry_after=0.2, scope="shared")
        net.equal(rest.create(CHANNEL).headers["X-RateLimit-Scope"], "shared")
        net.equal(rest("GET", "/gateway/bot").status, 200)
        net.equal(rest.create(CHANNEL).status, 429)
        assert "before its retry_after" in dc.violations.pop()
        time.sleep(0.21)
        net.equal((rest.create(CHANNEL).status, dc.invalid), (200, 2))
        dc.config.global_limit = 0
        net.equal(rest.create(CHANNEL).headers["X-RateLimit-Scope"], "global")


@net.case
def faults__each_does_what_it_says():
    with bot_and_link() as (dc, rest, _):
        dc.fault("POST", "/messages", skip=1, status=500)
        net.equal([rest.create(CHANNEL).status for _ in range(3)], [200, 500, 200])
        dc.fault(path="/typing", status=403, code=50013)
        net.equal(code(rest("POST", f"/channels/{CHANNEL}/typing")), (403, 50013))
        dc.fault(html=True)
        r = rest.create(CHANNEL)
        net.equal((r.status, r.headers["Content-Type"]), (502, "text/html"))
        dc.fault(garbage="{ok")
        net.equal(rest.create(CHANNEL).body, b"{ok")
        dc.fault(delay_ms=100)
        began = time.monotonic()
        rest.create(CHANNEL, "late")
        assert time.monotonic() - began >= 0.1
        before = len(dc.sent(CHANNEL))
        for how, done in (({"drop": True}, 0), ({"drop_after": True}, 1), ({"truncate_bytes": 20}, 1)):
            dc.fault("POST", **how)
            assert broken(lambda: rest.create(CHANNEL)), how
            net.equal(len(dc.sent(CHANNEL)), before + done, str(how))
            before += done
        dc.fault(status=500, count=5)
        dc.heal()
        net.equal((rest.create(CHANNEL).status, dc.violations), (200, []))


@net.case
def faults__hang_and_half_open_say_nothing():
    for how, status in (({"hang": True}, None), ({"half_open": True}, 200)):
        with bot_and_link() as (dc, rest, _):
            rest.wire.conn.timeout = 0.3
            dc.fault(**how)
            if status:
                net.equal(rest.create(CHANNEL).status, status)
            assert broken(lambda r=rest: r.create(CHANNEL))
            net.equal(rest.create(CHANNEL).status, 200, "a new connection")


@net.case
def calls__without_a_name_or_a_token():
    with bot_and_link() as (dc, rest, _):
        for headers, status in (({"user_agent": "curl/8"}, 200), ({"user_agent": "DiscordBot"}, 200),
                                ({"authorization": None}, 401), ({"content_type": "text/plain"}, 400)):
            head = {k.replace("_", "-"): v for k, v in headers.items()}
            body = json.dumps({"content": "x", "allowed_mentions": NOBODY}).encode()
            head = {"content-type": "application/json", **head}
            net.equal(rest("POST", f"/channels/{CHANNEL}/messages", body, **head).status, status)
            assert dc.violations, headers
            dc.violations.clear()
        net.equal(rest("GET", "/gateway/bot", authorization="Bot wrong", **{"user-agent": AGENT}).status, 401)
        net.equal(dc.violations, [], "a wrong token is no violation: a test may set it")


# ---- rules ---------------------------------------------------------------------------------------------


def embed(**members):
    return {"embeds": [{"title": "t", **members}]}


def buttons(*each):
    return {"components": [{"type": 1, "components": list(each)}]}


def button(**members):
    return {"type": 2, "style": 1, "label": "l", "custom_id": "c", **members}


FIELD = {"name": "n", "value": "v"}
LONG = {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]}
MESSAGES = [
    ({"content": "x" * 2001}, 400),
    ({"content": 5}, 400),
    ({"content": ""}, 400),
    ({"content": "cut \ufffd"}, 200),
    ({"colour": 1}, 200),
    ({"allowed_mentions": None}, 200),
    ({"allowed_mentions": {"parse": ["all"]}}, 400),
    ({"allowed_mentions": {"parse": ["users"], "users": ["5"]}}, 400),
    ({"nonce": "x" * 26}, 400),
    ({"enforce_nonce": True}, 200),
    ({"flags": 64}, 200),
    ({"message_reference": {"message_id": "12"}}, 400),
    (embed(title="x" * 257), 400),
    (embed(description="x" * 4097), 400),
    (embed(fields=[FIELD] * 26), 400),
    (embed(fields=[{"name": "x" * 257, "value": "v"}]), 400),
    (embed(fields=[{"name": "n", "value": "x" * 1025}]), 400),
    (embed(fields=[{"name": "n", "value": " "}]), 400),
    (embed(footer={"text": "x" * 2049}), 400),
    (embed(url="not a url"), 400),
    (embed(colour=1), 200),
    ({"embeds": [{}]}, 200),
    ({"embeds": [{"title": "t"}] * 11}, 400),
    (LONG, 400),
    (buttons(button(custom_id="x" * 101)), 400),
    (buttons(button(label="x" * 81)), 400),
    (buttons(button(label=None)), 400),
    (buttons(button(custom_id=None)), 400),
    (buttons(button(url="https://x.example")), 400),
    (buttons(button(style=5)), 400),
    (buttons(button(style=9)), 400),
    (buttons(button(), button()), 400),
    (buttons(*[button(custom_id=str(i)) for i in range(6)]), 400),
    (buttons({"type": 3, "custom_id": "c", "options": [{"label": "l", "value": "v"}] * 26}), 400),
    ({"components": [button()]}, 400),
    ({**buttons(button()), "flags": 1 << 15}, 400),
]
ASK = {"name": "ask", "description": "d"}
OPTION = {"type": 3, "name": "o", "description": "d"}
COMMANDS = [
    [{**ASK, "name": "Ask"}],
    [{**ASK, "name": "a b"}],
    [{**ASK, "name": "x" * 33}],
    [{**ASK, "description": "x" * 101}],
    [{"name": "ask"}],
    [ASK, ASK],
    [{**ASK, "options": [OPTION] * 2}],
    [{**ASK, "options": [{**OPTION, "name": f"o{i}"} for i in range(26)]}],
    [{**ASK, "options": [OPTION, {**OPTION, "name": "p", "required": True}]}],
    [{**ASK, "options": [{**OPTION, "choices": [{"name": "n", "value": "v"}], "autocomplete": True}]}],
    [{**ASK, "options": [{**OPTION, "choices": [{"name": "n", "value": "v"}] * 26}]}],
    [{**ASK, "name_localizations": {"xx": "ask"}}],
    [{**ASK, "default_member_permissions": "admin"}],
    [{**ASK, "contexts": [3]}],
    [{"name": "Ask about this", "type": 3, "description": "d"}],
    [{"name": f"m{i}", "type": 3} for i in range(16)],
    [{**ASK, "options": [{**OPTION, "name": f"o{i}", "choices": [
        {"name": "x" * 99 + str(j % 10), "value": "v" * 100} for j in range(25)]} for i in range(2)]}],
]


@net.case
def rules__each_violation_of_a_message_is_seen():
    with bot_and_link(global_limit=1000) as (dc, rest, _):
        for more, status in MESSAGES:
            r = rest.create(CHANNEL, **{"content": "x", **more})
            net.equal(r.status, status, f"{more} {r.body}")
            assert dc.violations, more
            dc.violations.clear()
        most = {"content": "x" * 2000, "embeds": [{"description": "x" * 4096}, {"description": "x" * 1904}],
                **buttons(*[button(custom_id=str(i), label="x" * 80) for i in range(5)])}
        net.equal((rest.create(CHANNEL, **most).status, dc.violations), (200, []))


@net.case
def rules__each_violation_of_commands_is_seen():
    with bot_and_link(global_limit=1000) as (dc, rest, _):
        for list_ in COMMANDS:
            r = rest.commands(*list_)
            net.equal(r.status, 400, f"{str(list_)[:200]} {r.body}")
            assert dc.violations, list_
            dc.violations.clear()
        r = rest.commands({**ASK, "colour": 1})
        net.equal((r.status, len(dc.violations)), (200, 1))
        dc.violations.clear()
        whole = {**ASK, "name_localizations": {"de": "frag", "zh-CN": "\u63d0\u95ee"}, "type": 1,
                 "contexts": [0, 1, 2], "integration_types": [0, 1], "default_member_permissions": "0",
                 "options": [{"type": 1, "name": "sub", "description": "d", "options": [
                     {**OPTION, "required": True, "autocomplete": True, "max_length": 6000}]}]}
        r = rest.commands(whole, {"name": "Ask about this", "type": 3})
        net.equal((r.status, dc.violations), (200, []), str(r.body))

net.main()
