# SPDX-License-Identifier: Apache-2.0
"""The Discord adapter over the gateway: mentions, commands, buttons, the life of the connection, kills. The
daemon against a stand-in that checks every call and frame: discord.py says which."""
import os
import random
import re
import time

import discord
import faults
import net
from discord_kit import QUESTION, WIDE, daemon, flows, reply_to, talking

KILLS = int(os.environ.get("PARLEY_KILL_CYCLES", "15"))
SEED = int(os.environ.get("PARLEY_KILL_SEED", str(random.randrange(1 << 32))))


def original(dc, number, timeout=20):
    """What an interaction was answered with."""
    return dc.wait_interaction(number, timeout=timeout)["original"]


def button(message, which=0):
    return message["components"][0]["components"][which]["custom_id"]


# ---- messages ----


@net.case
def mention__is_answered_with_sources_in_an_embed():
    with talking() as (dc, d):
        m = flows(dc, 1)
        assert "32 ETH" in m["content"] and len(m["content"]) <= 2000, m
        assert m["embeds"] and "stake ETH" in str(m["embeds"]), m
        (call,) = [c["body"] for c in dc.calls(discord.CREATE)]
        net.equal(call["allowed_mentions"]["parse"], [])
        assert call["enforce_nonce"] and len(call["nonce"]) <= 25, call
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1)
        net.equal(d.one("select platform_id from outbox"), m["id"])


@net.case
def messages__that_are_not_for_us_are_passed_over():
    with talking() as (dc, d):
        dc.say(1, QUESTION)
        dc.say(2, QUESTION, mention=True, bot=True)
        first = flows(dc, 3)
        net.equal(len(dc.sent()), 1)
        reply = dc.say(4, QUESTION, reply_to=first["id"])
        reply_to(dc, reply)
        net.equal(d.one("select count(*) from turn"), 2)


@net.case
def direct_message__is_answered_and_can_be_off():
    with talking() as (dc, _):
        dc.say(5, QUESTION, dm=True)
        assert "32 ETH" in dc.wait(discord.dm_channel(5))[0]["content"]
    with talking(**{"discord.direct_messages": "false"}) as (dc, _):
        dc.say(5, QUESTION, dm=True)
        assert "not on the list" in dc.wait(discord.dm_channel(5))[0]["content"]


@net.case
def long_answer__comes_in_parts_with_its_code_whole():
    code = "\n".join(f"print('line {n} of the program')" for n in range(120))
    text = f"Run this [1]:\n\n```python\n{code}\n```\n\nThat is all of it [1]."
    with net.FakeOpenAI() as fake, talking(fake) as (dc, d):
        fake.script("*", faults.stream(*faults.said(text)))
        dc.say(6, QUESTION, dm=True)
        net.wait_until("settled", lambda: d.rows("select 1 from outbox") and
                       d.one("select count(*) from outbox where state <> 3") == 0, 60)
        parts = dc.wait(discord.dm_channel(6), d.one("select count(*) from outbox"))
        assert len(parts) > 1 and all(len(m["content"]) <= 2000 for m in parts)
        assert all(m["content"].count("```") % 2 == 0 for m in parts), parts
        said = re.findall(r"line (\d+) of", "".join(m["content"] for m in parts))
        net.equal([int(n) for n in said], list(range(120)))


@net.case
def lists__what_is_not_listed_is_denied():
    with talking(**{"discord.roles": "42", "discord.deny": discord.person(8)}) as (dc, d):
        dc.say(7, QUESTION, mention=True)
        number = dc.command("ask", 7, question=QUESTION)
        x = dc.wait_interaction(number)
        assert x["ephemeral"] and "not on the list" in x["original"]["content"], x
        dc.say(8, QUESTION, dm=True)
        assert "not on the list" in dc.wait(discord.dm_channel(8))[0]["content"]
        net.equal(d.one("select count(*) from turn"), 0)


@net.case
def twenty_mentions__under_429s_are_all_answered():
    with talking() as (dc, d):
        dc.fault(path=discord.CREATE, count=2, status=429, retry_after=0.5)
        asked = [dc.say(100 + n, QUESTION, mention=True) for n in range(20)]
        for message in asked:
            reply_to(dc, message, timeout=60)
        net.equal(len(dc.sent()), 20)
        refused = [c for c in dc.calls() if c["status"] in (401, 403, 429)]
        assert len(refused) <= 3, refused


# ---- commands ----


@net.case
def ask__is_acknowledged_at_once_and_answered_over_it():
    with talking() as (dc, d):
        number = dc.command("ask", 10, question=QUESTION)
        x = dc.wait_interaction(number, "ack")
        net.equal(x["ack"]["type"], 5)
        assert "32 ETH" in original(dc, number)["content"]
        assert not dc.interaction(number)["ephemeral"]
        private = dc.command("ask", 10, question=QUESTION, private=True)
        assert dc.wait_interaction(private)["ephemeral"]
        net.equal(d.one("select count(*) from usage"), 2)


@net.case
def commands__are_answered_to_their_person_alone():
    with talking() as (dc, d):
        says = {"help": "/ask", "privacy": "", "usage": "Messages this month", "reset": "new conversation",
                "language": "Which language"}
        for name, part in says.items():
            x = dc.wait_interaction(dc.command(name, 11))
            assert x["ephemeral"] and part in x["original"]["content"], (name, x)
        x = dc.wait_interaction(dc.command("language", 11, to="de"))
        assert "Deutsch" in x["original"]["content"], x
        assert "Nachrichten" in original(dc, dc.command("usage", 11))["content"]
        assert "nichts gespeichert" in original(dc, dc.command("export", 11, dm=True))["content"]
        net.equal(d.one("select count(*) from turn"), 0)


@net.case
def autocomplete__offers_languages():
    with talking() as (dc, _):
        x = dc.wait_interaction(dc.autocomplete("language", 12, "to", "d"), "ack")
        net.equal([c["value"] for c in x["ack"]["data"]["choices"]], ["de"])


@net.case
def menu_command__asks_about_a_message():
    with talking() as (dc, _):
        number = dc.target_command("Ask about this", 13, QUESTION)
        assert "32 ETH" in original(dc, number)["content"]


@net.case
def admin__status_is_for_those_who_may_manage():
    with talking() as (dc, _):
        x = dc.wait_interaction(dc.command("parley", 14, sub="status", how={"permissions": "32"}))
        assert "adapter.discord: ok" in x["original"]["content"], x
        x = dc.wait_interaction(dc.command("parley", 14, sub="policy", how={"permissions": "32"}))
        assert x["original"]["content"].startswith("policies "), x
        x = dc.wait_interaction(dc.command("parley", 15, sub="status", how={"permissions": "0"}))
        assert "not on the list" in x["original"]["content"], x


@net.case
def definitions__are_put_once_and_stay():
    with discord.start() as dc, daemon(dc) as d:
        d.wait_log("discord.commands_set")
        names = {c["name"] for c in dc.commands()}
        assert {"ask", "help", "language", "privacy", "usage", "forget", "export", "reset", "parley",
                "Ask about this"} == names, names
        (ask,) = [c for c in dc.commands() if c["name"] == "ask"]
        assert "de" in str(ask.get("name_localizations", ask)), ask
        net.equal(d.term(), 0)
        d.start()
        dc.wait_state(resumes=1)
        flows(dc, 16)
        net.equal([len(dc.calls(discord.COMMANDS)), len(dc.commands())], [1, len(names)])


@net.case
def workers__that_are_blocked_do_not_delay_the_first_answer():
    with net.FakeOpenAI() as fake, talking(fake, **{"workers.threads": 1}) as (dc, d):
        fake.script("*", faults.stream(*faults.said("Slow [1].")), step=20, every=200)
        numbers = [dc.command("ask", 200 + n, question=f"{QUESTION} {n}") for n in range(60)]
        took = sorted(dc.wait_interaction(n, "ack")["ack"]["ms"] for n in numbers)
        print(f"first answers: median {took[len(took) // 2]} ms, longest {took[-1]} ms")
        assert took[-1] < 3000, took[-5:]


# ---- buttons ----


@net.case
def feedback__is_kept_once_and_from_the_one_who_asked():
    with talking() as (dc, d):
        m = flows(dc, 20)
        x = dc.wait_interaction(dc.press(21, m, button(m)))
        assert x["ephemeral"] and "somebody else" in x["original"]["content"], x
        dc.press(20, m, button(m))
        net.wait_until("kept", lambda: d.rows("select 1 from feedback where helpful = 1"))
        net.wait_until("the buttons are gone", lambda: not reply_to(dc, m["reply_to"])["components"])
        assert "32 ETH" in reply_to(dc, m["reply_to"])["content"]
        x = dc.wait_interaction(dc.press(20, m, button(m, 1)))
        assert "no longer valid" in x["original"]["content"], x
        net.equal(d.one("select count(*) from feedback"), 1)


@net.case
def consent__is_asked_of_one_alone_and_answers_the_question():
    with talking(**{"consent.region": "eu"}) as (dc, d):
        number = dc.command("ask", 22, question=QUESTION)
        x = dc.wait_interaction(number, "ack", followups=1)
        (notice,) = x["followups"]
        assert notice["flags"] & discord.EPHEMERAL, x
        net.wait_until("nothing for all to see", lambda: not dc.sent())
        pressed = dc.press(22, notice, button(notice))
        assert "32 ETH" in original(dc, pressed)["content"]
        again = dc.wait_interaction(dc.press(22, notice, button(notice)), "ack", followups=1)
        assert "no longer valid" in again["followups"][0]["content"], again
        net.equal(d.one("select count(*) from turn where code = 'ok'"), 1)


@net.case
def forget__is_confirmed_by_a_button():
    with talking() as (dc, d):
        dc.say(23, QUESTION, dm=True)
        dc.wait(discord.dm_channel(23))
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1)
        assert "32 ETH" in original(dc, dc.command("export", 23, dm=True))["content"]
        asked = original(dc, dc.command("forget", 23, dm=True))
        net.equal(d.one("select count(*) from turn"), 1)
        x = dc.wait_interaction(dc.press(23, asked, button(asked), dm=True))
        assert "Deleted" in x["original"]["content"], x
        net.equal(d.one("select count(*) from turn"), 0)


# ---- the connection ----


@net.case
def reconnect_and_invalid_sessions__are_survived():
    with talking() as (dc, d):
        dc.gateway("reconnect")
        dc.wait_state(resumes=1, ready=1)
        flows(dc, 30)
        dc.gateway("invalid", resumable=True)
        dc.wait_state(20, resumes=2, ready=1)
        flows(dc, 31)
        dc.gateway("invalid", resumable=False)
        dc.wait_state(30, identifies=2, ready=1)
        flows(dc, 32)


@net.case
def cuts_and_broken_frames__are_survived():
    with talking() as (dc, d):
        for n, (action, how) in enumerate((("raw", {"text": "{nonsense"}), ("raw", {"text": '{"op":0}'}),
                                           ("raw", {"text": "[]"}), ("binary", {"data": b"\x00\x01"}))):
            dc.gateway(action, **how)
            flows(dc, 40 + n)
        net.equal(dc.state()["connects"], 1)
        for n in range(3):
            before = dc.state()["connects"]
            dc.gateway("terminate")
            dc.wait_state(30, connects=before + 1, ready=1)
        flows(dc, 45)
        net.equal(dc.state()["identifies"], 1)


@net.case
def closes__lead_where_discord_says():
    for code, identifies in ((4000, 1), (4001, 1), (4002, 1), (4008, 1), (4007, 2), (4009, 2)):
        with discord.start() as dc:
            dc.config(identify_s=0)
            with daemon(dc) as d:
                dc.wait_ready()
                dc.gateway("close", code=code)
                dc.wait_state(20, connects=2, ready=1)
                flows(dc, 50)
                net.equal((code, dc.state()["identifies"]), (code, identifies))
    for code in (4004, 4010, 4011, 4012, 4013, 4014):
        with discord.start() as dc, daemon(dc) as d:
            dc.wait_ready()
            dc.gateway("close", code=code)
            d.wait_log("discord.stopped")
            time.sleep(1)
            net.equal((code, dc.state()["connects"]), (code, 1))
            with d.client() as c:
                part = {p["name"]: p for p in c.get("/api/health").json()["components"]}["adapter.discord"]
            net.equal(part["status"], "down")


@net.case
def zombie__is_left_and_the_session_resumed():
    with discord.start() as dc:
        dc.config(heartbeat_ms=600)
        with daemon(dc) as d:
            dc.wait_ready()
            dc.gateway("zombie")
            d.wait_log("no longer answered heartbeats")
            dc.config(zombie=False)
            dc.wait_state(20, resumes=1, ready=1)
            flows(dc, 51)
            net.equal(dc.state()["identifies"], 1)


@net.case
def discord_away__is_waited_for():
    with discord.start() as dc:
        dc.refuse(2, 503)
        with daemon(dc):
            dc.wait_ready(30)
            flows(dc, 52)
        net.equal(dc.violations(), [])


@net.case
def unauthorized__is_said_once_and_the_daemon_stays():
    with discord.start() as dc:
        env = {**dc.env(), "PARLEY_DISCORD__TOKEN": "MTIz.WRONG.TOKEN"}
        with net.Daemon(env=env) as d, d.client() as c:
            d.wait_log("discord.unauthorized")
            time.sleep(2)
            net.equal([len(dc.calls()), dc.state()["connects"]], [1, 0])
            assert "WRONG" not in d.log()
            net.equal(c.get("/readyz").status, 200)


# ---- nothing lost ----


@net.case
def restart__what_was_said_meanwhile_is_answered_once():
    with discord.start() as dc:
        dc.config(buckets=WIDE)
        with daemon(dc) as d:
            dc.wait_ready()
            asked = [dc.say(60 + n, QUESTION, mention=True) for n in range(3)]
            began = time.monotonic()
            net.equal(d.term(), 0)
            assert time.monotonic() - began < 5 * net.SLOW
            asked += [dc.say(63 + n, QUESTION, mention=True) for n in range(5)]
            d.start()
            for message in asked:
                reply_to(dc, message)
            net.equal(len(dc.sent()), len(asked))
            net.equal([dc.state()["identifies"], dc.state()["resumes"]], [1, 1])
        net.equal(dc.violations(), [])


@net.case
def kill_9__loses_nothing_and_answers_nothing_twice():
    rng = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills")
    with discord.start() as dc:
        dc.config(buckets=WIDE, session_ttl_ms=600000)
        d, said, called = daemon(dc), [], []
        try:
            d.start()
            dc.wait_ready()
            for n in range(KILLS):
                if n:
                    d.start(ready=None)
                for k in range(4):
                    user = 1000 + 4 * n + k
                    if rng.random() < 0.5:
                        said.append(dc.say(user, QUESTION, mention=True))
                    else:
                        called.append(dc.command("ask", user, question=QUESTION))
                    time.sleep(rng.random() * 0.05)
                time.sleep(rng.random() * 0.35)
                d.kill()
            d.start()
            for message in said:
                reply_to(dc, message, timeout=60)
            net.wait_until("settled", lambda: d.one("select count(*) from outbox where state < 3") == 0, 30)
            all_of_them = len(said) + len(called)
            net.wait_until("all turns", lambda: d.one("select count(*) from turn") == all_of_them, 30)
            net.equal(d.one("select count(*) from usage"), all_of_them)
            for number in called:
                assert "32 ETH" in original(dc, number)["content"]
            replies = [m.get("reply_to") for m in dc.sent()]
            assert all(replies.count(message) <= 1 for message in said), replies
            print(f"{len(said)} mentions, {len(called)} commands, {dc.state()['identifies']} identify")
            net.equal(d.term(), 0)
        finally:
            d.close()
        net.equal(dc.violations(), [])


net.main()
