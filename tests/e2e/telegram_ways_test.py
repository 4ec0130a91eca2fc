# SPDX-License-Identifier: Apache-2.0
"""What the Telegram adapter does on demand: several bots, progress, feedback, quota notices, pairing, admins,
a proxy, guest queries; and updates of a size that nobody expects."""
import contextlib
import http.client
import http.server
import json
import socket
import sqlite3
import threading
import time
import urllib.parse

import fake_telegram
import faults
import net
import telegram
from fake_telegram_rules import entities_of
from telegram_kit import QUESTION, SETS, answers, daemon, flows, talking

ANSWER = "Staking takes 32 ETH [1]. It is locked for a while [1]. Rewards are paid out later [1]."


def slowly(fake, every=350, text=ANSWER):
    """The model writes its answer bit by bit."""
    fake.script("*", faults.stream(*faults.said(text)), step=100, every=every)


# ---- several bots ----


@net.case
def bots__each_answers_its_own_people():
    with fake_telegram.FakeTelegram(token="777:OTHER", bot={"id": 777, "username": "other_bot"}) as second, \
            talking(**{"telegram.support.token": "777:OTHER", "telegram.support.api_base": second.base,
                       "telegram.support.deny": "31"}) as (tg, d):
        d.wait_log("telegram.up bot=777")
        tg.say(30, QUESTION)
        tg.say(31, QUESTION)
        second.say(QUESTION, user=30)
        second.say(QUESTION, user=31)
        assert "32 ETH" in answers(tg, 30)[0]["text"] and "32 ETH" in answers(tg, 31)[0]["text"]
        assert "32 ETH" in second.wait_sent(30)[0]["text"]
        assert "not on the list" in second.wait_sent(31)[0]["text"]
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 3)
        net.equal(sorted(r["bot"] for r in d.rows("select distinct bot from inbox")), ["123456", "777"])
        net.equal(d.one("select count(distinct user_key) from inbox"), 3)  # nobody is known to another bot
        with d.client() as c:
            part = {p["name"]: p for p in c.get("/api/health").json()["components"]}["adapter.telegram"]
        assert "other_bot" in part["detail"], part
        net.equal(second.violations, [])


@net.case
def bots__one_that_is_away_does_not_hold_up_the_other():
    away = {"telegram.support.token": "777:OTHER", "telegram.support.api_base": "http://127.0.0.1:1"}
    with talking(**away) as (tg, d):
        d.wait_log("telegram.trouble bot=777")
        flows(tg, d, 32)


# ---- what is seen before an answer ----


@net.case
def edit__one_message_names_the_stages_and_becomes_the_answer():
    with net.FakeOpenAI() as fake, talking(fake, **{"telegram.progress": "edit"}) as (tg, d):
        slowly(fake)
        tg.say(40, QUESTION)
        first = answers(tg, 40)[0]
        assert first["text"] in ("Searching the documents …", "Writing the answer …"), first
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1, 30)
        (m,) = answers(tg, 40)
        net.equal(m["message_id"], first["message_id"])
        assert "Rewards are paid out later" in m["text"] and m["entities"], m
        net.equal(d.one("select platform_id from outbox"), str(m["message_id"]))
        for c in tg.log("editMessageText")[:-1] + tg.log("sendMessage"):  # the model's words come last
            assert "32 ETH" not in c["args"]["text"], c


@net.case
def edit__waits_when_it_is_told_to():
    with net.FakeOpenAI() as fake, talking(fake, **{"telegram.progress": "edit"}) as (tg, d):
        slowly(fake, every=200)
        tg.say(46, QUESTION)
        answers(tg, 46)
        tg.fault(method="editMessageText", count=1, chat_id=46, status=429, retry_after=2)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1, 30)
        (m,) = answers(tg, 46)  # and no call came before its time: that would be a violation
        assert "Rewards are paid out later" in m["text"], m


@net.case
def edit__survives_a_kill_and_is_not_said_beside():
    with net.FakeOpenAI() as fake, telegram.start() as tg, \
            daemon(tg, fake, **{"telegram.progress": "edit"}) as d:
        slowly(fake)
        tg.say(41, QUESTION)
        first = answers(tg, 41)[0]
        net.wait_until("kept", lambda: d.one("select count(*) from state") > 0)
        time.sleep(0.3)
        d.kill()
        fake.script("*", faults.stream(*faults.said(ANSWER)))
        d.start()
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1, 30)
        (m,) = answers(tg, 41)
        net.equal(m["message_id"], first["message_id"])
        assert "Rewards are paid out later" in m["text"], m
        net.equal(tg.violations(), [])


@net.case
def edit__of_a_message_that_is_gone_is_sent_anew():
    with net.FakeOpenAI() as fake, talking(fake, **{"telegram.progress": "edit"}) as (tg, d):
        slowly(fake)
        tg.fault(method="editMessageText", count=9, chat_id=42, status=400,
                 description="Bad Request: message to edit not found")
        tg.say(42, QUESTION)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1, 30)
        assert "Rewards are paid out later" in answers(tg, 42, 2)[1]["text"], answers(tg, 42, 2)


@net.case
def edit__a_lost_answer_to_it_is_no_second_message():
    with net.FakeOpenAI() as fake, talking(fake, **{"telegram.progress": "edit"}) as (tg, d):
        slowly(fake, every=150)
        tg.say(43, QUESTION)
        first = answers(tg, 43)[0]
        tg.fault(method="editMessageText", count=1, chat_id=43, drop_after=True)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1, 40)
        (m,) = answers(tg, 43)
        net.equal(m["message_id"], first["message_id"])
        assert "Rewards are paid out later" in m["text"], m
        net.equal(d.one("select possible_duplicate from outbox"), 0)


@net.case
def draft__shows_whole_sentences_and_the_answer_is_a_message():
    with net.FakeOpenAI() as fake, talking(fake, **{"telegram.progress": "draft"}) as (tg, d):
        slowly(fake, every=500)
        tg.say(44, QUESTION)
        tg.say(45, f"/ask {QUESTION}", chat=-440)
        (m,) = answers(tg, 44, timeout=40)
        answers(tg, -440, timeout=40)
        assert "Rewards are paid out later" in m["text"], m
        drafts = [c["args"] for c in tg.log("sendMessageDraft")]
        assert drafts and all(a["chat_id"] == 44 and a["draft_id"] for a in drafts), drafts
        net.equal(len({a["draft_id"] for a in drafts}), 1)
        said = [a["text"] for a in drafts if "ETH" in a["text"]]
        assert said and all(t.rstrip().endswith((".", "]")) for t in said), said
        net.equal(tg.calls("editMessageText"), 0)


# ---- feedback ----


@net.case
def feedback__is_kept_once_and_from_the_one_who_asked():
    with talking() as (tg, d):
        tg.say(50, f"/ask {QUESTION}", chat=-500)
        (m,) = answers(tg, -500)
        ((up, down),) = m["reply_markup"]["inline_keyboard"]
        assert len(up["callback_data"]) <= 64, up
        tg.press(51, m["message_id"], down["callback_data"], chat=-500)
        assert "somebody else" in tg.pressed(0)
        net.equal(d.one("select count(*) from feedback"), 0)
        tg.press(50, m["message_id"], up["callback_data"], chat=-500)
        assert "helps" in tg.pressed(1), tg.pressed(1)
        net.equal(d.one("select helpful from feedback"), 1)
        net.wait_until("the buttons are gone", lambda: not answers(tg, -500)[0].get("reply_markup"))
        tg.press(50, m["message_id"], down["callback_data"], chat=-500)
        assert "no longer valid" in tg.pressed(2)
        net.equal(d.one("select helpful from feedback"), 1)
        with d.client() as c:
            assert 'parley_feedback_total{helpful="yes"} 1' in c.get("/metrics").body.decode()
        tg.say(50, QUESTION)
        ((_, down),) = answers(tg, 50)[0]["reply_markup"]["inline_keyboard"]
        tg.press(50, answers(tg, 50)[0]["message_id"], down["callback_data"])
        assert tg.pressed(3)
        net.equal(d.one("select sum(helpful = 0) from feedback"), 1)


@net.case
def feedback__can_be_off():
    with talking(**{"telegram.feedback": "false"}) as (tg, d):
        tg.say(52, QUESTION)
        assert "reply_markup" not in answers(tg, 52)[0]
        net.equal(tg.calls("editMessageReplyMarkup"), 0)


@net.case
def buttons__outlive_a_kill():
    with telegram.start() as tg, daemon(tg, **{"consent.region": "eu"}) as d:
        tg.say(53, QUESTION)
        (m,) = answers(tg, 53)
        net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 1)
        d.kill()
        tg.press(53, m["message_id"], m["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
        d.start()
        assert "32 ETH" in answers(tg, 53, 2)[1]["text"]
        net.equal(tg.violations(), [])


# ---- quota ----


def use_up(d, used):
    with contextlib.closing(sqlite3.connect(d.state / "parley.db", timeout=10)) as db:
        db.execute("update quota set used = ?", (used,))
        db.commit()


@net.case
def quota__is_warned_of_once_and_told_when_it_is_over():
    with talking(**{"tiers.default": "FREE"}) as (tg, d):
        german = {"id": 60, "language_code": "de", "first_name": "x", "is_bot": False}
        tg.say(german, QUESTION)
        assert "verbraucht" not in answers(tg, 60)[0]["text"]
        use_up(d, 79)
        for n in range(3):
            tg.say(german, QUESTION)
            answers(tg, 60, 2 + n)
        texts = [m["text"] for m in answers(tg, 60, 4)]
        net.equal(["80 von deinen 100" in t for t in texts], [False, True, False, False])
        assert all("Quellen" in t for t in texts), texts
        use_up(d, 100)
        tg.say(german, QUESTION)
        over = answers(tg, 60, 5)[4]["text"]
        assert over.startswith("Du hast alle 100 Nachrichten") and "-01 (UTC)" in over, over
        tg.say(german, "/usage")  # what costs nothing is still answered
        assert "100 / 100" in answers(tg, 60, 6)[5]["text"]
        net.equal(d.one("select used + reserved from quota"), 100)


# ---- access ----

PAIRING = {"telegram.access": "pairing", "telegram.admins": "9"}


@net.case
def pairing__an_admin_lets_a_chat_in_and_out():
    with telegram.start() as tg, daemon(tg, **PAIRING) as d:
        for _ in range(3):
            tg.say(70, QUESTION)
        tg.say(71, f"/ask {QUESTION}", chat=-700)
        code = answers(tg, 70)[0]["text"].split("code ")[1][:8]
        other = answers(tg, -700)[0]["text"].split("code ")[1][:8]
        assert code != other
        tg.say(70, f"/approve {code}")  # not by oneself
        tg.say(9, "/approve WRONGONE")
        assert "Nobody waits" in answers(tg, 9)[0]["text"]
        tg.say(9, f"/approve {code.lower()}")
        assert answers(tg, 9, 2)[1]["text"] == "Approved: 70. /revoke 70 takes it back."
        net.equal([m["text"] for m in answers(tg, 70, 2)][1:], ["This chat is approved. Ask me anything."])
        tg.say(70, QUESTION)
        assert "32 ETH" in answers(tg, 70, 3)[2]["text"]
        tg.say(9, f"/approve {code}")  # used up
        assert "Nobody waits" in answers(tg, 9, 3)[2]["text"]
        net.equal(d.term(), 0)
        d.start()  # what was let in stays so
        tg.say(70, QUESTION)
        assert "32 ETH" in answers(tg, 70, 4)[3]["text"]
        tg.say(9, "/revoke 70")
        answers(tg, 9, 4)
        tg.say(70, QUESTION)
        assert "code " in answers(tg, 70, 5)[4]["text"]
        tg.say(9, QUESTION)  # an admin needs no code
        assert "32 ETH" in answers(tg, 9, 5)[4]["text"]
        net.equal(d.one("select count(*) from usage"), 3)
        net.equal(tg.violations(), [])


@net.case
def pairing__only_so_many_wait_at_a_time():
    with talking(**PAIRING) as (tg, d):
        for user in range(7000, 7011):
            tg.say(user, QUESTION)
        texts = [answers(tg, user)[0]["text"] for user in range(7000, 7011)]
        net.equal([sum("code " in t for t in texts), "not on the list" in texts[10]], [10, True])
        d.wait_log("telegram.pairing_full")


@net.case
def admin__may_ask_how_it_is_and_others_may_not():
    with talking(**{"telegram.admins": "9"}) as (tg, d):
        tg.say(9, "/status")
        text = answers(tg, 9)[0]["text"]
        assert "store: ok" in text and "adapter.telegram: ok" in text, text
        tg.say(72, "/status")
        assert "do not know this command" in answers(tg, 72)[0]["text"]
        tg.say(9, "/status", chat=-720)
        flows(tg, d, 73)
        net.equal(tg.calls("sendMessage"), 3)


# ---- on the way ----


class Proxy(http.server.BaseHTTPRequestHandler):
    """A forward proxy that knows one host: whatever it is called, it is this."""
    protocol_version, goal, seen = "HTTP/1.1", None, None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        where = urllib.parse.urlsplit(self.path)
        self.seen.append((where.hostname, self.headers.get("Proxy-Authorization")))
        connection = http.client.HTTPConnection("127.0.0.1", self.goal, timeout=60)
        try:
            connection.request("POST", where.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            status, said = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            status, said = 502, b""
        with contextlib.suppress(OSError):  # the daemon has been stopped
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    def log_message(self, *_):
        pass


@net.case
def proxy__is_the_only_way_and_its_password_is_told_to_nobody():
    with telegram.start() as tg:
        Proxy.goal, Proxy.seen = int(tg.env()["PARLEY_TELEGRAM__API_BASE"].rpartition(":")[2]), []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        way = f"http://me:hush@127.0.0.1:{server.server_port}"
        env = {"PARLEY_TELEGRAM__API_BASE": "http://telegram.invalid", "PARLEY_TELEGRAM__PROXY": way}
        d = net.Daemon(sets=SETS, env={**tg.env(), **env})
        net.equal(d.run("index", "data/knowledge")[0], 0)
        with d:
            d.wait_log("telegram.up")
            flows(tg, d, 80)
            assert {host for host, _ in Proxy.seen} == {"telegram.invalid"}, Proxy.seen
            assert all(auth and auth.startswith("Basic ") for _, auth in Proxy.seen)
            assert "hush" not in d.log() and "hush" not in d.run("check-config")[1]
        server.shutdown()
        server.server_close()


@net.case
def ipv4__is_kept_to():
    with socket.socket(socket.AF_INET6) as six:
        six.bind(("::1", 0))
        six.listen()
        with net.Daemon(sets={**SETS, "telegram.ipv4": "true", "telegram.token": "1:a",
                              "telegram.api_base": f"http://[::1]:{six.getsockname()[1]}"}) as d:
            d.wait_log("telegram.trouble")
            six.settimeout(1)
            try:
                six.accept()
            except TimeoutError:
                return
            raise AssertionError("it came by IPv6")


@net.case
def huge_update__is_passed_over_and_the_rest_flows():
    with talking() as (tg, d):
        before = d.process.rss_bytes()
        here = {"message_id": 1, "date": 1, "chat": {"id": 4, "type": "private"},
                "from": {"id": 4, "is_bot": False, "first_name": "x"}}
        tg.raw({"message": {**here, "text": "x" * (5 << 20)}})
        tg.raw({"message": {**here, "text": QUESTION, "via": ["y" * 1000] * 5000}})
        tg.raw({"some_news": {"deep": "z" * (5 << 20)}})
        flows(tg, d, 81)
        skipped = tg.raw({"some_news": {"deep": "z" * (9 << 20)}})  # more than an answer may have
        flows(tg, d, 82)
        d.wait_log(f"telegram.update_skipped .*update={skipped}")
        net.wait_until("confirmed", lambda: tg.pending() == 0)
        assert d.process.rss_bytes() - before < 32 << 20, d.process.rss_bytes() - before


# ---- guests ----


def guest(number, text, user=90):
    who = {"id": user, "is_bot": False, "first_name": "x", "language_code": "de"}
    return {"guest_message": {"message_id": number, "date": 1, "text": text, "from": who,
                              "entities": entities_of(text),
                              "chat": {"id": -9000, "type": "supergroup", "title": "elsewhere"},
                              "guest_query_id": f"q{number}"}}


@net.case
def guest_query__is_answered_once_where_the_bot_is_no_member():
    with fake_telegram.FakeTelegram(bot={"supports_guest_queries": True}) as fake:
        tg = telegram.Own(fake)
        with daemon(tg) as d:
            d.wait_log("telegram.up")
            fake.push(**guest(1, f"@{tg.name} {QUESTION}"))
            fake.push(**guest(2, "/start"))
            fake.push(**guest(3, ""))
            fake.push(**guest(4, QUESTION, user=92))
            fake.wait("two answers", lambda: len(fake.guests) == 2)
            words = fake.guests["q1"]["input_message_content"]
            assert "32 ETH" in words["message_text"] and "Quellen" in words["message_text"], words
            assert words["entities"] and "reply_markup" not in fake.guests["q1"], fake.guests
            net.wait_until("settled", lambda: d.one("select count(*) from outbox where state = 3") == 2)
            net.equal([len(fake.sent(-9000)), fake.of("sendChatAction")], [0, []])
            flows(tg, d, 91)
            assert "guest_message" in fake.of("getUpdates")[0].args["allowed_updates"]
        net.equal(fake.violations, [])


@net.case
def guest_query__a_lost_answer_is_no_second_one():
    with fake_telegram.FakeTelegram(bot={"supports_guest_queries": True}) as fake:
        with daemon(telegram.Own(fake)) as d:
            d.wait_log("telegram.up")
            fake.fault("answerGuestQuery", "after")
            fake.push(**guest(5, QUESTION))
            net.wait_until("settled", lambda: d.one("select count(*) from outbox where state >= 3") == 1, 30)
            net.equal(list(fake.guests), ["q5"])


net.main()
