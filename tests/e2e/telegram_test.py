# SPDX-License-Identifier: Apache-2.0
"""Promise 2: the Telegram adapter never goes deaf and never loses a message. The daemon against a stand-in of
the Bot API that checks every call: telegram.py says which."""
import os
import random
import re
import sqlite3
import time

import faults
import net
import telegram
from telegram_kit import QUESTION, SETS, answers, daemon, flows, talking

KILLS = int(os.environ.get("PARLEY_KILL_CYCLES", "20"))
SEED = int(os.environ.get("PARLEY_KILL_SEED", str(random.randrange(1 << 32))))
TROUBLE = r'telegram.trouble.* why="([^"]*)"'
ME = {"from": {"id": 4, "is_bot": False, "first_name": "x"}}
HERE = {"message_id": 1, "date": 1, "chat": {"id": 4, "type": "private"}}
PHOTO = {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]}


@net.case
def question__is_answered_with_entities_and_sources():
    with talking() as (tg, d):
        tg.say(7, QUESTION)
        (m,) = answers(tg, 7)
        assert "32 ETH" in m["text"] and "Sources" in m["text"] and "[1]" in m["text"], m["text"]
        assert any(e["type"] == "bold" for e in m["entities"]), m
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1)
        net.equal(d.one("select platform_id from outbox"), str(m["message_id"]))


@net.case
def long_answer__comes_in_several_messages_in_order():
    lines = [f"{n}. Stake *{n}* ether \U0001F600 with **care** and `run {n}` it.\n\n" for n in range(300)]
    with net.FakeOpenAI() as fake, telegram.start() as tg, daemon(tg, fake) as d:
        fake.script("*", faults.stream(*faults.said("## Staking\n\n" + "".join(lines))))
        tg.say(8, QUESTION)
        first = answers(tg, 8, 4, 30)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state <> 3") == 0, 30)
        parts = answers(tg, 8, d.one("select count(*) from outbox"))
        net.equal(parts[:4], first[:4])
        assert all(len(m["text"].encode("utf-16-le")) <= 2 * 4096 for m in parts)
        said = re.findall(r"run (\d+) it", "\n".join(m["text"] for m in parts))
        net.equal([int(n) for n in said], list(range(300)))
        net.equal(tg.violations(), [])


@net.case
def batch__a_hundred_people_are_answered_once_each():
    with telegram.start() as tg:
        for user in range(1000, 1100):
            tg.say(user, QUESTION)
        with daemon(tg) as d:
            for user in range(1000, 1100):
                answers(tg, user, timeout=60)
            net.wait_until("confirmed", lambda: tg.pending() == 0)
            net.equal(d.one("select count(*) from turn"), 100)
            net.equal([len(answers(tg, u)) for u in range(1000, 1100)], [1] * 100)
        net.equal(tg.violations(), [])


@net.case
def kill_9__loses_nothing_and_answers_nothing_twice():
    rng, users = random.Random(SEED), range(2000, 2000 + 5 * KILLS)
    said = {user: rng.choice((QUESTION, f"/ask {QUESTION}", "/help", "/usage")) for user in users}
    print(f"seed {SEED}, {KILLS} kills")
    with telegram.start() as tg:
        d = daemon(tg)
        try:
            for n in range(KILLS):
                d.start(ready=None)
                for user in users[5 * n:5 * n + 5]:
                    tg.say(user, said[user])
                    time.sleep(rng.random() * 0.03)
                time.sleep(rng.random() * 0.25)
                d.kill()
            d.start()
            for user in users:
                answers(tg, user, timeout=60)
            net.wait_until("settled", lambda: d.one("select count(*) from outbox where state < 3") == 0, 30)
            net.equal(d.one("select count(*) from turn"), len(users))
            net.equal(d.one("select count(*) from usage"), sum(QUESTION in text for text in said.values()))
            twice = {u for u in users if len(answers(tg, u)) > 1}
            marked = d.one("select count(*) from outbox where possible_duplicate = 1")
            assert all(len(answers(tg, u)) <= 2 for u in users) and len(twice) <= marked, (twice, marked)
            print(f"{len(users)} messages, {len(twice)} said twice, {marked} marked")
            net.equal(d.term(), 0)
        finally:
            d.close()
        net.equal(tg.violations(), [])


@net.case
def idle__polls_are_few_and_sigterm_is_quick():
    with talking(**{"telegram.poll_s": 50}) as (tg, d):
        time.sleep(1)
        before = tg.calls("getUpdates")
        time.sleep(6)
        assert tg.calls("getUpdates") - before <= 6, tg.calls("getUpdates") - before
        began = time.monotonic()
        net.equal(d.term(), 0)
        assert time.monotonic() - began < 5 * net.SLOW


@net.case
def drain__does_not_wait_for_a_chat_that_is_told_to_wait():
    with talking(drain_ms=1500) as (tg, d):
        tg.fault(method="sendMessage", chat_id=9, status=429, retry_after=3600)
        tg.say(9, QUESTION)
        d.wait_log("telegram.flood")
        began = time.monotonic()
        net.equal(d.term(), 0)
        assert time.monotonic() - began < 6 * net.SLOW, time.monotonic() - began
        net.equal(d.one("select count(*) from outbox where state in (1, 2)"), 1)  # kept for the next start


@net.case
def idle__a_server_that_never_holds_a_poll_is_not_hammered():
    with talking() as (tg, d):
        tg.fault(method="getUpdates", count=1000, garbage='{"ok":true,"result":[]}')
        d.wait_log("telegram.up")
        time.sleep(2.5)
        before = tg.calls("getUpdates")
        time.sleep(6)
        assert 1 <= tg.calls("getUpdates") - before <= 6, tg.calls("getUpdates") - before
        tg.heal()


@net.case
def conflict__is_named_once_and_over():
    with talking() as (tg, d):
        net.wait_until("a poll", tg.polling)
        tg.conflict()
        net.equal(d.wait_log(TROUBLE).group(1), "another program polls with this token")
        flows(tg, d, 3001)
        net.equal(len(re.findall("telegram.trouble", d.log())), 1)


@net.case
def webhook_set_elsewhere__is_taken_away_and_nothing_dropped():
    with telegram.start() as tg:
        tg.call("setWebhook", url="https://example.org/nobody")
        tg.say(3002, QUESTION)
        with daemon(tg) as d:
            net.equal(d.wait_log(TROUBLE).group(1), "a webhook is set")
            answers(tg, 3002, timeout=40)
            net.equal([c["args"] for c in tg.log("deleteWebhook")], [{"drop_pending_updates": False}])


@net.case
def unauthorized__is_said_once_and_the_daemon_stays():
    with telegram.start() as tg:
        d = net.Daemon(sets=SETS, env={**tg.env(), "PARLEY_TELEGRAM__TOKEN": "123456:WRONG"})
        with d, d.client() as c:
            d.wait_log("telegram.unauthorized")
            time.sleep(3)
            net.equal([tg.calls("getMe"), tg.calls("getUpdates")], [1, 0])
            net.equal(len(re.findall("telegram.unauthorized", d.log())), 1)
            assert "WRONG" not in d.log()
            part = {p["name"]: p for p in c.get("/api/health").json()["components"]}["adapter.telegram"]
            net.equal(part["status"], "down")
            net.equal(c.get("/readyz").status, 200)


@net.case
def storm_of_502__polls_and_answers_come_through():
    with talking() as (tg, d):
        tg.fault(method="getUpdates", count=3, status=502)
        tg.fault(method="sendMessage", count=2, status=502)
        flows(tg, d, 3003, 60)
        net.equal(len(answers(tg, 3003)), 1)


@net.case
def dropped_cut_and_garbled_polls__are_survived():
    broken = ({"drop": True}, {"truncate_bytes": 100}, {"garbage": "<html>"}, {"garbage": '{"ok":true}'},
              {"garbage": '{"ok":true,"result":{}}'})
    with talking() as (tg, d):
        for n, fault in enumerate(broken):
            tg.fault(method="getUpdates", count=1, **fault)
            flows(tg, d, 3100 + n)
            flows(tg, d, 3200 + n)  # a poll that was under way may have brought the first one


@net.case
def hung_poll__is_over_within_its_time():
    with talking() as (tg, d):
        tg.fault(method="getUpdates", count=1, hang=True)
        d.wait_log("telegram.trouble", timeout=30)
        flows(tg, d, 3005)
        net.equal(len(re.findall("telegram.trouble", d.log())), 1)


@net.case
def half_open_connections__are_left_behind():
    with talking() as (tg, d):
        tg.fault(method="getUpdates", count=1, half_open=True)
        flows(tg, d, 3015)
        flows(tg, d, 3016)


@net.case
def flood__one_chat_waits_and_the_others_do_not():
    with talking() as (tg, d):
        tg.know(3006)
        tg.fault(method="sendMessage", chat_id=3006, count=1, status=429, retry_after=3)
        tg.say(3006, QUESTION)
        began = time.monotonic()
        flows(tg, d, 3007)
        quick = time.monotonic() - began
        answers(tg, 3006)
        assert quick < 2.5 * net.SLOW, quick
        assert time.monotonic() - began >= 2.9


@net.case
def answer_lost_on_the_way_back__is_said_once_more_and_marked():
    with talking() as (tg, d):
        tg.fault(method="sendMessage", chat_id=3008, count=1, drop_after=True)
        tg.say(3008, QUESTION)
        net.equal(len(answers(tg, 3008, 2)), 2)
        net.wait_until("settled", lambda: d.one("select state from outbox") == 3)
        net.equal(d.one("select error from outbox"), "possible duplicate")


@net.case
def refused_ways__another_one_is_taken():
    with talking() as (tg, d):
        bad = {"description": "Bad Request: can't parse entities: nested too deep"}
        tg.fault(method="sendMessage", chat_id=3009, count=1, status=400, **bad)
        tg.say(3009, QUESTION)
        (m,) = answers(tg, 3009)
        assert not m.get("entities"), m
        tg.fault(method="sendMessage", chat_id=-3010, count=1, status=400,
                 description="Bad Request: message thread not found")
        tg.say(5, f"/ask {QUESTION}", chat=-3010, extra={"message_thread_id": 9, "is_topic_message": True})
        answers(tg, -3010)
        tg.block(3011)
        tg.say(3011, QUESTION)
        net.wait_until("given up", lambda: d.one("select count(*) from outbox where state = 5") == 1)


BAD = [
    {}, {"message": None}, {"message": {}}, {"message": []}, {"message": "x"}, {"message": {"message_id": 1}},
    {"message": {"message_id": "1", "chat": {"id": "x"}}}, {"edited_message": {}}, {"callback_query": {}},
    {"callback_query": {"id": 5, "from": {}}}, {"my_chat_member": {}}, {"channel_post": {"text": "x"}},
    {"message": HERE},
    {"message": {**HERE, **ME, "chat": {"id": 4, "type": "moon"}, "text": "x"}},
    {"message": {**HERE, **ME, "text": 7}},
    {"message": {**HERE, **ME, "text": "/x", "entities": [{"type": "bot_command", "offset": -5,
                                                           "length": 9 ** 15}]}},
    {"message": {**HERE, **ME, "text": "\ud83d", "entities": [{}]}},
    {"message": {"message_id": 2 ** 70, "date": -1, "chat": {"id": -2 ** 70, "type": "group"}}},
    {"poll": {"id": "1"}}, {"something_new": {"a": [[[[[1]]]]]}},
    {"message": {"chat": {"id": 0}, "text": ""}},
    {"message": {"from": {"id": 1, "is_bot": True}, "chat": {"id": 1, "type": "private"}, "text": "x"}},
    {"message_reaction": {}}, {"chat_join_request": 1},
    {"message": {"pinned_message": {}, "chat": {"id": 9}}}]


@net.case
def malformed_updates__are_passed_over():
    net.equal(len(BAD), 25)
    with talking() as (tg, d):
        for update in BAD:
            tg.raw(update)
        flows(tg, d, 3012)
        net.wait_until("confirmed", lambda: tg.pending() == 0)
        net.equal(d.process.running(), True)


@net.case
def poison__what_breaks_every_batch_is_passed_over_in_the_end():
    with talking() as (tg, d):
        tg.poison(700000100)
        flows(tg, d, 3017)
        d.wait_log("telegram.update_skipped .*update=700000100")


@net.case
def groups__answer_only_who_speaks_to_the_bot():
    with talking() as (tg, d):
        at = f"@{tg.name}"
        said = [("nothing to do with you", 0), ("/ask@other_bot what", 0), (f"{at} {QUESTION}", 1),
                (f"\U0001F600 {at} {QUESTION}", 1), (f"/ask {QUESTION}", 1), (f"/ask{at} {QUESTION}", 1),
                ("/unknown", 0), (f"mail me{at}x.org", 0)]
        want = 0
        for n, (text, answered) in enumerate(said):
            tg.say(40 + n, text, chat=-500)
            want += answered
        have = answers(tg, -500, want)
        reply = have[0]["message_id"]
        assert all(m.get("reply_to") for m in have), have
        tg.say(60, QUESTION, chat=-500, reply_to=reply)
        want += 1
        answers(tg, -500, want)
        group = {"id": -500, "type": "supergroup", "title": "g"}
        tg.raw({"message": {"message_id": 900, "date": 1, "chat": group, "sender_chat": group,
                            "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
                            "text": f"/ask {QUESTION}"}})
        flows(tg, d, 3013)  # behind the anonymous one
        net.equal(len(answers(tg, -500, want)), want)
        net.equal(d.one("select count(distinct user_key) from inbox"), want + 1)


@net.case
def commands__are_answered_in_the_language_of_the_person():
    with talking() as (tg, d):
        for text in ("/start", "/help", "/privacy", "/ask", "/nonsense"):
            tg.say({"id": 71, "language_code": "de", "first_name": "x", "is_bot": False}, text)
        texts = [m["text"] for m in answers(tg, 71, 5)]
        assert texts[0].startswith("Hallo!") and "/language" in texts[1], texts
        assert "kenne ich nicht" in texts[4], texts
        tg.say(72, None, extra=PHOTO)
        assert "only read text" in answers(tg, 72)[0]["text"]
        tg.say(73, None, extra={**PHOTO, "caption": QUESTION})
        assert "32 ETH" in answers(tg, 73)[0]["text"]
        net.equal(d.one("select count(*) from turn where code <> 'reply'"), 1)
        net.equal(d.one("select count(*) from usage"), 1)


@net.case
def menu__is_set_once_and_not_at_the_next_start():
    with telegram.start() as tg, daemon(tg) as d:
        d.wait_log("telegram.menu_set")
        calls = tg.calls("setMyCommands")
        net.equal(calls, 16)
        net.equal(d.term(), 0)
        d.start()
        d.wait_log("telegram.up")
        flows(tg, d, 3014)
        net.equal(tg.calls("setMyCommands"), calls)
        net.equal(tg.violations(), [])


@net.case
def person__sees_what_is_kept_and_has_it_deleted():
    with talking() as (tg, d):
        tg.say(7, QUESTION)
        answers(tg, 7)
        tg.say(7, "/usage")
        assert answers(tg, 7, 2)[1]["text"].startswith("Messages this month: 1"), answers(tg, 7, 2)
        tg.say(7, "/export")
        kept = answers(tg, 7, 3)[2]["text"]
        assert QUESTION in kept and "32 ETH" in kept, kept
        tg.say(7, "/forget")
        asked = answers(tg, 7, 4)[3]
        asked_of = "select count(*) from turn where code <> 'reply'"
        net.equal(d.one(asked_of), 1)  # not before it is confirmed
        tg.press(7, asked["message_id"], asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
        assert answers(tg, 7, 5)[4]["text"].startswith("Deleted"), answers(tg, 7, 5)
        net.equal([d.one(asked_of), d.one("select count(*) from usage")], [0, 1])
        tg.say(7, "/export")
        assert answers(tg, 7, 6)[5]["text"].startswith("Nothing"), answers(tg, 7, 6)
        keys = [r["key"] for r in d.rows("select key from state")]
        assert all(k.startswith("telegram.") and len(k) == 73 for k in keys), keys  # no id is readable
        assert not any(set(r["value"]) - set("0123456789abcdef") for r in d.rows("select value from state"))


@net.case
def language__is_chosen_by_a_button_that_is_ones_own():
    with talking() as (tg, d):
        tg.say(80, f"/language@{tg.name}", chat=-600)
        (m,) = answers(tg, -600)
        rows = m["reply_markup"]["inline_keyboard"]
        (german,) = [b[0]["callback_data"] for b in rows if b[0]["text"] == "Deutsch"]
        assert len(german) <= 64
        tg.press(81, m["message_id"], german, chat=-600)
        assert "somebody else" in tg.pressed(0)
        tg.press(80, m["message_id"], german, chat=-600)
        assert "Deutsch" in tg.pressed(1)
        tg.press(80, m["message_id"], german, chat=-600)
        assert "nicht mehr" in tg.pressed(2)
        tg.press(80, m["message_id"], "0" * 32 + ":de", chat=-600)
        tg.press(80, m["message_id"], "x", chat=-600)
        assert tg.pressed(4)
        tg.say(80, "/start", chat=80)
        assert answers(tg, 80)[0]["text"].startswith("Hallo!")


@net.case
def consent__a_button_answers_the_question_it_was_asked_for():
    with talking(**{"consent.region": "eu"}) as (tg, d):
        tg.say(90, QUESTION)
        (m,) = answers(tg, 90)
        (row,) = m["reply_markup"]["inline_keyboard"]
        tg.press(90, m["message_id"], row[0]["callback_data"])
        texts = [a["text"] for a in answers(tg, 90, 2)]
        assert "32 ETH" in texts[1], texts
        assert tg.pressed(0)
        tg.press(90, m["message_id"], row[0]["callback_data"])
        assert "no longer valid" in tg.pressed(1)
        tg.say(90, "And how many validators?")
        assert "agree" not in str(answers(tg, 90, 3)[2].get("reply_markup"))
        net.equal(d.one("select count(*) from turn where code = 'ok'"), 2)


@net.case
def reset__begins_a_new_conversation_that_outlives_a_restart():
    conversations = "select count(distinct conv_key) from turn where code = 'ok'"
    with talking() as (tg, d):
        flows(tg, d, 95)
        tg.say(95, "/reset")
        tg.say(95, QUESTION)
        answers(tg, 95, 3)
        net.equal(d.one(conversations), 2)
        net.equal(d.term(), 0)
        d.start()
        tg.say(95, QUESTION)
        answers(tg, 95, 4)
        net.equal(d.one(conversations), 2)


@net.case
def migration__the_conversation_goes_along():
    with talking() as (tg, d):
        tg.say(96, f"/ask {QUESTION}", chat=-700, type="group")
        answers(tg, -700)
        tg.raw({"message": {**ME, "message_id": 50, "date": 1, "migrate_to_chat_id": -1000700,
                            "chat": {"id": -700, "type": "group", "title": "g"}}})
        tg.say(96, f"/ask {QUESTION}", chat=-1000700)
        answers(tg, -1000700)
        net.equal(d.one("select count(distinct conv_key) from inbox"), 1)


@net.case
def lists__only_who_may_is_answered():
    with talking(**{"telegram.allow": "101,102,-800", "telegram.deny": "102"}) as (tg, d):
        for user in (101, 102, 103):
            tg.say(user, QUESTION)
        tg.say(103, f"/ask {QUESTION}", chat=-800)
        assert "32 ETH" in answers(tg, 101)[0]["text"]
        assert "not on the list" in answers(tg, 102)[0]["text"]
        assert "not on the list" in answers(tg, 103)[0]["text"]
        assert "32 ETH" in answers(tg, -800)[0]["text"]
        net.equal(d.one("select count(*) from turn"), 2)


@net.case
def limits__are_told_once_a_minute():
    with talking(**{"limits.user_per_minute": 2}) as (tg, d):
        for _ in range(12):
            tg.say(110, QUESTION)
        net.wait_until("confirmed", lambda: tg.pending() == 0)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 2)
        texts = [m["text"] for m in answers(tg, 110, 3)]
        net.equal([len(texts), sum("short time" in t for t in texts)], [3, 1])


@net.case
def commands__of_one_person_are_bounded():
    with talking(**{"limits.user_per_minute": 20}) as (tg, d):
        for _ in range(40):
            tg.say(115, "/nothing")
        flows(tg, d, 116)
        net.wait_until("confirmed", lambda: tg.pending() == 0)
        net.equal(d.one("select count(*) from turn where code = 'reply'"), 20)


@net.case
def disk_trouble__leaves_the_message_with_telegram():
    with talking() as (tg, d):
        flows(tg, d, 117)
        lock = sqlite3.connect(d.state / "parley.db", isolation_level=None)
        lock.execute("begin exclusive")
        tg.say(118, QUESTION)
        time.sleep(2)
        net.equal(tg.pending(), 1)
        lock.rollback()
        lock.close()
        answers(tg, 118, timeout=40)


@net.case
def redelivered_updates__are_not_answered_again():
    with talking() as (tg, d):
        update = tg.say(120, QUESTION)
        answers(tg, 120)
        for _ in range(3):
            tg.dup(update)
        flows(tg, d, 121)
        net.wait_until("heard", lambda: tg.pending() == 0)
        net.equal(len(answers(tg, 120)), 1)


@net.case
def pressure__a_full_gateway_leaves_updates_where_they_are():
    with telegram.start() as tg:
        for user in range(4000, 4060):
            tg.say(user, QUESTION)
        with daemon(tg, **{"workers.turns_max": 4}) as d:
            for user in range(4000, 4060):
                answers(tg, user, timeout=60)
            net.equal([len(answers(tg, u)) for u in range(4000, 4060)], [1] * 60)
            net.equal(d.one("select count(*) from turn"), 60)
        net.equal(tg.violations(), [])


net.main()
