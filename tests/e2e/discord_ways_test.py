# SPDX-License-Identifier: Apache-2.0
"""What the Discord adapter does besides: signed interactions by HTTP, threads, tokens that are over, a
line that is cut without a word or compressed."""
import contextlib
import re

import discord
import faults
import net
from discord_kit import QUESTION, SETS, daemon, flows, reply_to, talking

PATH = "/discord/interactions"
THREAD = "510000000000000001"


# ---- by HTTP ----


@contextlib.contextmanager
def endpoint(fake=None, **more):
    """(stand-in, daemon, address of the endpoint)"""
    with discord.start() as dc:
        d = net.Daemon(sets={**SETS, "discord.mode": "http", **more}, env=dc.env(), fake=fake)
        net.equal(d.run("index", "data/knowledge")[0], 0)
        with d:
            yield dc, d, f"http://127.0.0.1:{d.port}{PATH}"
        net.equal(dc.violations(), [])


@net.case
def endpoint__answers_pings_commands_and_questions():
    with endpoint() as (dc, d, url):
        assert dc.verify(url)
        d.wait_log("discord.commands_set")
        r = dc.http_interaction(url, "help", 1)
        net.equal([r["status"], r["json"]["type"], r["json"]["data"]["flags"]], [200, 4, 64])
        r = dc.http_interaction(url, "ask", 1, question=QUESTION)
        net.equal([r["status"], r["json"]], [200, {"type": 5}])
        net.equal(d.one("select count(*) from inbox"), 1)  # stored before it was answered
        answer = dc.wait_interaction(r["id"])["original"]
        assert "32 ETH" in answer["content"]
        r = dc.http_interaction(url, "ask", 1, question="")
        net.equal(r["json"]["data"]["flags"], 64)
        pressed = dc.http_interaction(url, user=1, message=answer,
                                      custom_id=answer["components"][0]["components"][0]["custom_id"])
        net.equal(pressed["status"], 200)
        net.wait_until("kept", lambda: d.rows("select 1 from feedback where helpful = 1"))
        net.equal(dc.state()["connects"], 0)


@net.case
def endpoint__believes_nobody_else():
    with endpoint() as (dc, d, url):
        count = {}
        for n in range(1000):
            how = discord.FORGERIES[n % len(discord.FORGERIES)]
            status = dc.forged(url, how)[0]
            count[status] = count.get(status, 0) + 1
        net.equal(count, {401: 1000})
        net.equal(d.one("select count(*) from inbox"), 0)
        net.equal(d.log().count("discord.signature_refused"), 1)
        r = dc.http_interaction(url, "help", 1)
        net.equal(r["status"], 200)
        with d.client() as c:
            net.equal([c.post(PATH, b"x" * 10).status, c.get(PATH).status], [401, 405])


@net.case
def endpoint__says_thinking_in_time_when_the_line_is_long():
    with net.FakeOpenAI() as fake, endpoint(fake) as (dc, _, url):
        fake.script("*", faults.stream(*faults.said("Slow [1].")), step=60, every=300)
        numbers = [dc.http_interaction(url, "ask", 2, question=f"{QUESTION} {n}") for n in range(5)]
        assert all(r["status"] == 200 and r["ms"] < 3000 for r in numbers), numbers
        for r in numbers:
            assert dc.wait_interaction(r["id"], timeout=60)["original"]["content"]


# ---- what else it does ----


@net.case
def long_answer__to_a_command_goes_on_in_follow_ups():
    lines = "".join(f"{n}. Stake {n} ether with care [1].\n\n" for n in range(150))
    with net.FakeOpenAI() as fake, talking(fake) as (dc, d):
        fake.script("*", faults.stream(*faults.said(lines)))
        number = dc.command("ask", 20, question=QUESTION)
        net.wait_until("settled", lambda: d.rows("select 1 from outbox") and
                       d.one("select count(*) from outbox where state <> 3") == 0, 60)
        x = dc.wait_interaction(number, followups=d.one("select count(*) - 1 from outbox"))
        parts = [x["original"], *x["followups"]]
        assert len(parts) > 2 and all(len(m["content"]) <= 2000 for m in parts), parts
        said = re.findall(r"Stake (\d+) ether", "\n".join(m["content"] for m in parts))
        net.equal([int(n) for n in said], list(range(150)))


@net.case
def dev_guild__is_where_commands_are_registered():
    with discord.start() as dc, daemon(dc, **{"discord.dev_guild": dc.guild}) as d:
        d.wait_log("discord.commands_set guild=" + dc.guild)
        net.equal([len(dc.calls(discord.COMMANDS)), len(dc.calls(discord.GUILD_COMMANDS))], [0, 1])
        assert len(dc.commands(dc.guild)) >= 10 and not dc.commands()
        net.equal(dc.violations(), [])


@net.case
def everyone__is_called_by_nobody():
    with net.FakeOpenAI() as fake, talking(fake) as (dc, _):
        fake.script("*", faults.stream(*faults.said("Hello @everyone and @here and <@123> [1].")))
        m = flows(dc, 21)
        assert "@everyone" not in m["content"] and "<@123>" not in m["content"], m
        assert all(c["body"]["allowed_mentions"]["parse"] == [] for c in dc.calls(discord.CREATE))


# ---- threads ----


@net.case
def thread__is_a_conversation_of_its_own_and_known_after_a_restart():
    with discord.start() as dc:
        dc.add_thread(THREAD, owner=dc.bot)
        with daemon(dc, **{"discord.message_content": "true"}) as d:
            dc.wait_ready()
            flows(dc, 3)
            reply_to(dc, dc.say(3, QUESTION, channel=THREAD), THREAD)  # in ours nobody needs a mention
            net.equal(d.one("select count(distinct conv_key) from turn"), 2)
            net.equal(d.term(), 0)
            d.start()
            dc.wait_state(resumes=1, ready=1)
            reply_to(dc, dc.say(3, QUESTION, channel=THREAD), THREAD)
        net.equal(dc.violations(), [])


@net.case
def auto_thread__is_started_at_the_question():
    with talking(**{"discord.auto_thread": "true"}) as (dc, d):
        dc.add_thread(THREAD)  # that is, this stand-in has threads
        message = dc.say(4, QUESTION, mention=True)
        (m,) = dc.wait(message)
        assert "32 ETH" in m["content"] and not dc.sent(), m
        net.equal(len(dc.calls(discord.THREAD)), 1)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1)


# ---- what takes its time ----


@net.case
def typing__is_shown_in_a_channel():
    with net.FakeOpenAI() as fake, talking(fake) as (dc, _):
        fake.script("*", faults.stream(*faults.said("Staking takes 32 ETH [1].")), step=60, every=250)
        flows(dc, 6)
        assert len(dc.calls(discord.TYPING)) == 1, dc.calls(discord.TYPING)


@net.case
def token__that_is_over_is_answered_in_the_channel():
    with net.FakeOpenAI() as fake, talking(fake) as (dc, d):
        dc.config(token_ttl_ms=1200)
        fake.script("*", faults.stream(*faults.said("Staking takes 32 ETH [1].")), step=40, every=250)
        dc.command("ask", 7, question=QUESTION)
        (m,) = dc.wait(None, 1, 40, text="32 ETH")
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1)
        assert m["id"] == d.one("select platform_id from outbox"), m


@net.case
def answer__that_got_lost_is_there_once():
    with talking() as (dc, d):
        dc.fault(path=discord.CREATE, count=1, drop_after=True)
        message = dc.say(8, QUESTION, mention=True)
        reply_to(dc, message)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1, 30)
        net.equal(len(dc.sent()), 1)
        dc.fault(path=discord.ORIGINAL, count=2, status=502, html=True)
        number = dc.command("ask", 9, question=QUESTION)
        assert "32 ETH" in dc.wait_interaction(number, timeout=30)["original"]["content"]


@net.case
def denied_channel__is_given_up_and_the_others_are_not():
    with talking() as (dc, d):
        dc.deny(discord.dm_channel(10))
        dc.say(10, QUESTION, dm=True)
        net.wait_until("given up", lambda: d.rows("select 1 from outbox where state = 5"))
        flows(dc, 11)


@net.case
def half_open_line__is_left_behind():
    with discord.start() as dc:
        dc.config(heartbeat_ms=700)
        with daemon(dc) as d:
            d.wait_log("discord.up")  # what the stand-in has on its way would be lost with the line
            dc.gateway("half_open")
            d.wait_log("no longer answered heartbeats", timeout=20)
            dc.wait_state(20, resumes=1, ready=1)
            flows(dc, 12)
            net.equal(len(re.findall("discord.trouble", d.log())), 1)


# ---- compressed ----


@net.case
def compressed__gateway_is_read_and_left_when_it_breaks():
    with talking(**{"discord.compress": "true"}) as (dc, d):
        flows(dc, 30)
        assert "zlib-stream" in str(dc.log("gw-open")[0]["query"])
        dc.gateway("terminate")
        dc.wait_state(30, connects=2, ready=1)
        flows(dc, 31)
        dc.gateway("binary", data=b"\x00\x01 not what was being deflated")
        dc.wait_state(30, connects=3, ready=1)
        flows(dc, 32)
        net.equal(dc.state()["identifies"], 1)
        assert "discord.frame_unreadable" in d.log()


net.main()
