# SPDX-License-Identifier: Apache-2.0
"""Proves that the words of discord.py mean the same over both stand-ins, with a bot of a few lines
(fake_discord_bot.py) in the place of the daemon. It needs no build; the simulator where node and the rig
are, else its cases are skipped."""
import contextlib
import time
import urllib.parse

import discord
import net
from discord import CALLBACK, CHANNEL, COMMANDS, CREATE, FOLLOWUP, ORIGINAL
from fake_discord_bot import INTENTS, NOBODY, Endpoint, Link, Rest

ASK = {"name": "ask", "description": "Ask", "type": 1, "options": [
    {"type": 3, "name": "question", "description": "What", "required": True},
    {"type": 5, "name": "private", "description": "Only you"}]}
BUTTONS = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Good", "custom_id": "good"}]}]


@contextlib.contextmanager
def bot(start):
    """A stand-in, calls to it, and a connection that is ready."""
    with start() as dc, Rest(dc.env()) as rest:
        url = rest("GET", "/gateway/bot").json()["url"]
        with Link(url, rest.token) as link:
            link.identify(INTENTS)
            dc.wait_ready()
            yield dc, rest, link
        net.equal(dc.violations(), [])


def both(check):
    """A case over each stand-in."""
    for start in (discord.start, discord.simulator):
        def case(start=start):
            check(start)
        case.__name__ = f"{start.__name__}__{check.__name__}"
        net.case(case)
    return check


@both
def messages(start):
    with bot(start) as (dc, rest, link):
        said = dc.say(7, "hello", mention=True)
        heard = link.take(t="MESSAGE_CREATE")["d"]
        net.equal((heard["id"], heard["author"]["id"]), (said, discord.person(7)))
        assert heard["mentions"][0]["id"] == dc.bot and heard["content"].endswith("> hello")
        card = {"title": "Sources", "fields": [{"name": "a", "value": "b"}]}
        r = rest.create(CHANNEL, "answer", embeds=[card], components=BUTTONS,
                        message_reference={"message_id": said}, nonce="n", enforce_nonce=True).json()
        net.equal(rest.create(CHANNEL, "answer", nonce="n", enforce_nonce=True).json()["id"], r["id"])
        (m,) = dc.wait(CHANNEL, 1)
        net.equal((m["id"], m["content"], m["reply_to"], m["edits"]), (r["id"], "answer", said, 0))
        net.equal(m["embeds"][0]["fields"][0]["name"], "a")
        net.equal(m["components"][0]["components"][0]["custom_id"], "good")
        link.take(t="MESSAGE_CREATE")  # its own
        dc.say(7, "thanks", reply_to=m)
        heard = link.take(t="MESSAGE_CREATE")["d"]
        net.equal((heard["content"], heard["referenced_message"]["id"]), ("thanks", m["id"]))
        dc.say(8, "psst", dm=True)
        heard = link.take(t="MESSAGE_CREATE")["d"]
        net.equal((heard["content"], heard["channel_id"], "guild_id" in heard),
                  ("psst", discord.dm_channel(8), False))
        rest.create(discord.dm_channel(8), "yes?")
        net.equal([m["content"] for m in dc.wait(discord.dm_channel(8))], ["yes?"])
        dc.say(9, "beep", dm=True, bot=True)
        assert link.take(t="MESSAGE_CREATE")["d"]["author"]["bot"]
        bodies = [c["body"]["content"] for c in dc.calls(CREATE)]
        net.equal(bodies, ["answer", "answer", "yes?"])
        net.equal([c["status"] for c in dc.calls(CREATE)], [200] * 3)


@both
def interactions(start):
    with bot(start) as (dc, rest, link):
        rest.commands(ASK)
        net.equal([c["name"] for c in dc.commands()], ["ask"])
        net.equal(len(dc.calls(COMMANDS)), 1)
        number = dc.command("ask", 7, question="why?", private=True)
        d = link.take(t="INTERACTION_CREATE")["d"]
        values = [(o["name"], o["type"], o["value"]) for o in d["data"]["options"]]
        net.equal((d["id"], d["data"]["id"], values), (number, dc.commands()[0]["id"], [
            ("question", 3, "why?"), ("private", 5, True)]))
        net.equal(dc.interaction(number)["ack"], None)
        rest.callback(d, 5, {"flags": 64})
        x = dc.wait_interaction(number, "ack")
        net.equal((x["ack"]["type"], x["ephemeral"], x["done"]), (5, True, False))
        assert 0 <= x["ack"]["ms"] < 3000
        rest.original(d, content="because", components=BUTTONS)
        rest.followup(d, "and more", flags=64)
        x = dc.wait_interaction(number, followups=1)
        net.equal((x["original"]["content"], x["edits"], x["done"]), ("because", 1, True))
        net.equal([f["content"] for f in x["followups"]], ["and more"])
        net.equal(dc.sent(CHANNEL), [], "nobody else sees it")
        pressed = dc.press(7, x["original"], "good")
        p = link.take(t="INTERACTION_CREATE")["d"]
        net.equal((p["data"]["custom_id"], p["message"]["id"]), ("good", x["original"]["id"]))
        rest.callback(p, 6)
        net.equal(dc.wait_interaction(pressed)["ack"]["type"], 6)
        typed = dc.autocomplete("ask", 7, "question", "wh", private=False)
        a = link.take(t="INTERACTION_CREATE")["d"]
        (focused,) = [o for o in a["data"]["options"] if o.get("focused")]
        net.equal((a["type"], focused["value"]), (4, "wh"))
        rest.callback(a, 8, {"choices": [{"name": "why", "value": "why"}]})
        net.equal(dc.wait_interaction(typed, "ack")["ack"]["type"], 8)
        dc.command("parley", 7, dm=True, sub="status", deep=1)
        s = link.take(t="INTERACTION_CREATE")["d"]
        net.equal((s["data"]["options"][0]["name"], s["data"]["options"][0]["options"][0]["value"]),
                  ("status", 1))
        assert "member" not in s and s["user"]["id"] == discord.person(7)
        net.equal([len(dc.calls(r)) for r in (CALLBACK, ORIGINAL, FOLLOWUP)], [3, 1, 1])


@both
def gateway(start):
    with bot(start) as (dc, rest, link):
        for action, how, code in (("close", {"code": 4000}, 4000), ("terminate", {}, 1006)):
            dc.gateway(action, **how)
            net.equal(link.end(), code)
            dc.say(7, action, dm=True)
            link = Link(link.ready["resume_gateway_url"], rest.token).resume(link)
            net.equal(link.take(t="MESSAGE_CREATE")["d"]["content"], action)
            link.take(t="RESUMED")
        dc.wait_state(connects=3, identifies=1, resumes=2, open=1)
        dc.gateway("reconnect")
        link.take(op=7)
        dc.gateway("zombie")
        link.send(1, link.seq)
        dc.gateway("raw", text="{broken")
        net.equal(link.next_message(), "{broken")
        dc.gateway("fragment", text='{"op":11}', size=2)
        link.take(op=11)
        net.equal(dc.log("gw", dir="in", op=1)[-1]["d"], link.seq)
        dc.gateway("dispatch", t="NEW_THING", d={"a": 1})
        link.take(t="NEW_THING")
        dc.gateway("invalid")
        net.equal(link.take(op=9)["d"], False)
        dc.refuse(1)
        url = urllib.parse.urlsplit(link.ready["resume_gateway_url"])
        net.equal(Link(f"ws://{url.netloc}/", rest.token).status, 503)
        dc.config(heartbeat_ms=1234)
        with Link(link.ready["resume_gateway_url"], rest.token) as other:
            net.equal(other.hello(), 1234)
        net.equal(dc.log("gw", dir="close", code=4000)[0]["by"], "server")


@both
def faults(start):
    with bot(start) as (dc, rest, _):
        dc.config(buckets={"default": [1000, 5000], CREATE: [1000, 5000]})
        dc.fault(path=CREATE, status=429, retry_after=0.05, scope="shared")
        r = rest.create(CHANNEL)
        net.equal((r.status, r.headers["X-RateLimit-Scope"]), (429, "shared"))
        time.sleep(0.06)  # what it was told to wait
        dc.heal()
        dc.fault("POST", html=True)
        net.equal(rest("POST", f"/channels/{CHANNEL}/typing").status, 502)
        dc.deny(CHANNEL)
        net.equal(rest("POST", f"/channels/{CHANNEL}/typing").json()["code"], 50013)
        dc.deny(CHANNEL, status=None)
        net.equal(rest("POST", f"/channels/{CHANNEL}/typing").status, 204)
        before = dc.state()["invalid"]
        dc.fault(path=discord.TYPING, status=403, code=50001)
        net.equal(rest.create(CHANNEL).status, 200, "another route")
        net.equal(rest("POST", f"/channels/{CHANNEL}/typing").json()["code"], 50001)
        net.equal((before, dc.state()["invalid"]), (1, 2))


@both
def endpoint(start):
    with start() as dc, Endpoint(dc.signer.public_hex, {2: {"type": 5}, 3: {"type": 4, "data": {
            "content": "x", "allowed_mentions": NOBODY}}}) as hook, Rest(dc.env()) as rest:
        assert dc.verify(hook.url)
        r = dc.http_interaction(hook.url, "ask", 7, question="why?")
        net.equal((r["status"], r["json"]), (200, {"type": 5}))
        x = dc.wait_interaction(r["id"], "ack")
        net.equal((x["ack"]["via"], x["done"]), ("http", False))
        rest.original(hook.taken[-1], content="because", components=BUTTONS)
        m = dc.wait_interaction(r["id"])["original"]
        p = dc.http_interaction(hook.url, user=7, message=m, custom_id="good")
        net.equal(dc.wait_interaction(p["id"])["original"]["content"], "x")
        for how in discord.FORGERIES:
            net.equal(dc.forged(hook.url, how)[0], 401, how)
        net.equal(dc.violations(), [])


@net.case
def own__target_command():
    with bot(discord.start) as (dc, _, link):
        number = dc.target_command("Ask about this", 7, "what is gas?")
        d = link.take(t="INTERACTION_CREATE")["d"]
        net.equal((d["id"], d["data"]["type"]), (number, 3))
        net.equal(d["data"]["resolved"]["messages"][d["data"]["target_id"]]["content"], "what is gas?")


net.main()
