# SPDX-License-Identifier: Apache-2.0
"""What is seen of an answer before it is there: stages and sentences over an interaction's promise, or over a
message in the channel, and that it is one message whatever goes wrong meanwhile."""
import contextlib
import os
import random
import time

import discord
import faults
import net
from discord_kit import QUESTION, daemon, reply_to, talking

SEED = int(os.environ.get("PARLEY_KILL_SEED", random.randrange(1 << 32)))
KILLS = min(int(os.environ.get("PARLEY_KILL_CYCLES", 5)), 20)
EDIT = {"discord.progress": "edit"}


def slowly(fake):
    fake.script("*", faults.stream(*faults.said("Staking takes 32 ETH [1]. It is locked for long [1].")),
                step=60, every=250)


@contextlib.contextmanager
def asked(user):
    """(stand-in, daemon, the message that shows progress)"""
    with net.FakeOpenAI() as fake, talking(fake, **EDIT) as (dc, d):
        slowly(fake)
        message = dc.say(user, QUESTION, mention=True)
        yield dc, d, reply_to(dc, message)


def answered(dc, d):
    """The only message, once it is the answer."""
    net.wait_until("answered", lambda: d.rows("select 1 from outbox where state = 3"), 40)
    (m,) = dc.sent()
    assert "32 ETH" in m["content"] and "locked" in m["content"] and m["embeds"] and m["components"], m
    return m


def spaced(edits):
    return all(b["at"] - a["at"] >= 1200 for a, b in zip(edits[:-1], edits[1:-1]))


@net.case
def progress__is_written_over_the_promise_and_not_too_often():
    with net.FakeOpenAI() as fake, talking(fake) as (dc, _):
        fake.script("*", faults.stream(*faults.said("Staking takes 32 ETH [1]. It is locked [1].")), step=60,
                    every=250)
        number = dc.command("ask", 5, question=QUESTION)
        x = dc.wait_interaction(number, timeout=30)
        net.wait_until("answered", lambda: "32 ETH" in dc.interaction(number)["original"]["content"], 30)
        edits = [c for c in dc.calls(discord.ORIGINAL)]
        assert len(edits) >= 2 and "Writing" in edits[0]["body"]["content"], edits
        assert all(b["at"] - a["at"] >= 1200 for a, b in zip(edits[:-1], edits[1:-1])), edits
        assert x["ack"]["type"] == 5


@net.case
def message__shows_the_stage_then_sentences_and_becomes_the_answer():
    with asked(20) as (dc, d, m):
        assert m["content"].endswith("\u2026") and not m["components"], m
        m = answered(dc, d)
        net.equal(m["id"], d.one("select platform_id from outbox"))
        edits = dc.calls(discord.EDIT)
        said = [c["body"]["content"] for c in edits]
        assert any("32 ETH" in text and "locked" not in text for text in said[:-1]), said
        assert len(edits) >= 2 and spaced(edits), edits
        assert all(c["body"]["allowed_mentions"]["parse"] == [] for c in edits), edits


@net.case
def command__shows_sentences_too():
    with net.FakeOpenAI() as fake, talking(fake, **EDIT) as (dc, _):
        slowly(fake)
        number = dc.command("ask", 21, question=QUESTION)
        dc.wait_interaction(number, timeout=30)
        net.wait_until("answered", lambda: "locked" in dc.interaction(number)["original"]["content"], 30)
        said = [c["body"]["content"] for c in dc.calls(discord.ORIGINAL)]
        assert any("32 ETH" in text and "locked" not in text for text in said[:-1]), said


@net.case
def quick_answer__is_a_message_at_once():
    with talking(**EDIT) as (dc, d):
        reply_to(dc, dc.say(22, QUESTION, mention=True))
        net.wait_until("settled", lambda: d.rows("select 1 from outbox where state = 3"))
        net.equal([len(dc.sent()), dc.calls(discord.EDIT)], [1, []])


@net.case
def lost_reply__does_not_make_a_second_message():
    with net.FakeOpenAI() as fake, talking(fake, **EDIT) as (dc, d):
        slowly(fake)
        dc.fault(path=discord.CREATE, count=1, drop_after=True)
        dc.say(23, QUESTION, mention=True)
        answered(dc, d)


@net.case
def message__that_was_taken_away_is_said_anew():
    with net.FakeOpenAI() as fake, talking(fake, **EDIT) as (dc, d):
        fake.script("*", faults.stream(*faults.said("Staking takes 32 ETH [1].")), step=60, every=250)
        dc.fault("PATCH", "/messages/", status=404, code=10008, count=20)
        reply_to(dc, dc.say(24, QUESTION, mention=True))
        net.wait_until("settled", lambda: d.rows("select 1 from outbox where state = 3"), 40)
        assert any("32 ETH" in m["content"] for m in dc.sent()), dc.sent()
        net.equal(len(dc.sent()), 2)


@net.case
def kill__in_the_middle_leaves_one_message():
    with net.FakeOpenAI() as fake, discord.start() as dc, daemon(dc, fake, **EDIT) as d:
        dc.wait_ready()
        slowly(fake)
        reply_to(dc, dc.say(25, QUESTION, mention=True))
        d.kill()
        d.start()
        answered(dc, d)
        net.equal(dc.violations(), [])


@net.case
def kill__and_another_setting_leave_one_message_too():
    with net.FakeOpenAI() as fake, discord.start() as dc, daemon(dc, fake, **EDIT) as d:
        dc.wait_ready()
        slowly(fake)
        reply_to(dc, dc.say(26, QUESTION, mention=True))
        d.kill()
        d.sets.append("discord.progress=typing")
        d.start()
        answered(dc, d)
        net.equal(dc.violations(), [])


@net.case
def kill__without_progress_needs_no_edit():
    with net.FakeOpenAI() as fake, talking(fake) as (dc, d):
        slowly(fake)
        dc.say(27, QUESTION, mention=True)
        net.wait_until("typing", lambda: dc.calls(discord.TYPING))
        d.kill()
        d.start()
        answered(dc, d)
        net.equal(dc.calls(discord.EDIT), [])


@net.case
def kills__at_any_time_leave_one_message_for_each():
    rng = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills")
    with net.FakeOpenAI() as fake, discord.start() as dc, daemon(dc, fake, **EDIT) as d:
        dc.wait_ready()
        slowly(fake)
        users = range(100, 100 + 2 * KILLS)
        for user in users[::2]:
            dc.say(user, QUESTION, dm=True)
            dc.say(user + 1, QUESTION, dm=True)
            time.sleep(rng.random() * 5)
            d.kill()
            d.start()
        net.wait_until("settled",
                       lambda: d.one("select count(*) from outbox where state = 3") == len(users), 90)
        for user in users:  # what was cut off again and again ends in a notice
            (m,) = dc.sent(discord.dm_channel(user))
            assert "locked" in m["content"] or "several tries" in m["content"], m
        net.equal(dc.violations(), [])


net.main()
