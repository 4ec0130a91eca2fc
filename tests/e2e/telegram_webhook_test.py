# SPDX-License-Identifier: Apache-2.0
"""The Telegram adapter when updates are brought to it: the secret, 200 after the commit, kills, what is too
large, slow or broken, and a webhook that somebody else takes away."""
import contextlib
import hashlib
import random
import socket
import sqlite3
import threading
import time

import net
import telegram

QUESTION = "How do I stake ETH?"
PATH = "/telegram/webhook"
SECRET = "X-Telegram-Bot-Api-Secret-Token"
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "tiers.default": "ENTERPRISE",
        "telegram.mode": "webhook", "telegram.poll_s": 2}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def hooked(tg, port, path="", **more):
    d = net.Daemon(sets={**SETS, "server.listen": f"127.0.0.1:{port}",
                         "telegram.webhook_url": f"http://127.0.0.1:{port}{path}", **more}, env=tg.env())
    net.equal(d.run("index", "data/knowledge")[0], 0)
    return d


@contextlib.contextmanager
def talking(**more):
    with telegram.start() as tg, hooked(tg, free_port(), **more) as d:
        tg.know_all()
        d.wait_log("telegram.up")
        yield tg, d
        net.equal(tg.violations(), [])


def secret_of(tg):
    return tg.log("setWebhook")[-1]["args"]["secret_token"]


def call(d, secret, body, path=PATH, **head):
    with d.client() as c:
        if secret is not None:
            head[SECRET.replace("-", "_")] = secret
        return c.post(path, body, **head)


def update(update_id, user, text=QUESTION):
    return {"update_id": update_id, "message": {
        "message_id": update_id, "date": 1, "text": text, "chat": {"id": user, "type": "private"},
        "from": {"id": user, "is_bot": False, "first_name": "x"}}}


@net.case
def webhook__is_set_with_a_secret_and_answers():
    with talking() as (tg, d):
        (args,) = [c["args"] for c in tg.log("setWebhook")]
        net.equal(args["url"], f"http://127.0.0.1:{d.port}{PATH}")
        assert len(args["secret_token"]) == 64 and args["max_connections"] == 40, args
        assert "message" in args["allowed_updates"], args
        for user in range(5000, 5040):
            tg.say(user, QUESTION)
        for user in range(5000, 5040):
            assert "32 ETH" in tg.wait(user, 1, 20)[0]["text"]
        net.wait_until("taken", lambda: tg.pending() == 0)
        net.equal(d.one("select count(*) from turn"), 40)
        net.equal(tg.calls("getUpdates"), 0)
        assert args["secret_token"] not in d.log()
        with d.client() as c:
            part = {p["name"]: p for p in c.get("/api/health").json()["components"]}["adapter.telegram"]
        net.equal(part["status"], "ok")


@net.case
def secret__is_wanted_before_anything_of_the_body_is_read():
    with talking() as (tg, d):
        right = secret_of(tg)
        wrong = [None, "", right[:-1], right + "0", right.upper(), hashlib.sha256(b"").hexdigest()]
        for secret in wrong:
            for body in (update(1, 6000), b"\xff\xfe{", b"[" * 100000):
                net.equal(call(d, secret, body).status, 401)
        net.equal(call(d, right, update(2, 6001)).status, 200)
        assert "32 ETH" in tg.wait(6001, 1, 20)[0]["text"]
        net.equal(d.one("select count(*) from inbox"), 1)
        net.equal(d.log().count("telegram.webhook_forged"), 1)
        net.equal(call(d, right, None, path="/telegram/webhook/").status, 404)
        with d.client() as c:
            net.equal(c.get(PATH).status, 405)


@net.case
def guessing__is_slowed_down_by_the_address_of_the_client():
    with talking(**{"server.trusted_proxies": "127.0.0.1"}) as (tg, d):
        seen = [call(d, "guess", b"{}", X_Forwarded_For="203.0.113.9").status for _ in range(30)]
        net.equal([seen.count(401), seen.count(429)], [20, 10])
        net.equal(call(d, "guess", b"{}", X_Forwarded_For="203.0.113.10").status, 401)
        d.wait_log("telegram.webhook_forged .*peer=203.0.113.9 ")
        net.equal(call(d, secret_of(tg), update(3, 6002), X_Forwarded_For="203.0.113.9").status, 200)
        tg.wait(6002, 1, 20)


@net.case
def bodies__too_large_broken_or_unknown_get_their_status():
    with talking() as (tg, d):
        secret = secret_of(tg)
        for body in (b"", b"{", b"[]", b"null", b'{"update_id":"x"}', b'{"message":{}}', b"\x00" * 9):
            net.equal(call(d, secret, body).status, 400)
        with d.raw() as big:
            big.send(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{SECRET}: {secret}\r\n"
                     f"Content-Length: {5 << 20}\r\n\r\n{{".encode())
            net.equal(big.response().status, 413)
        net.equal(call(d, secret, update(5, 6003, "x" * 900000)).status, 200)  # no message is as long
        for n, odd in enumerate(({}, {"poll": {}}, {"message": {"chat": 1}}, {"callback_query": {"id": "1"}},
                                 {"edited_message": None}, {"new": [[[1]]]})):
            net.equal(call(d, secret, {"update_id": 100 + n, **odd}).status, 200)
        tg.say(6004, QUESTION)
        tg.wait(6004, 1, 20)
        net.equal(d.one("select count(*) from inbox"), 1)


@net.case
def slow_call__delays_nobody():
    with talking() as (tg, d):
        body = b'{"update_id":9,'
        with d.raw() as slow:
            slow.send(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{SECRET}: {secret_of(tg)}\r\n"
                      f"Content-Length: 500\r\n\r\n".encode() + body)
            began = time.monotonic()
            for user in range(6100, 6105):
                tg.say(user, QUESTION)
                tg.wait(user, 1, 20)
            assert time.monotonic() - began < 3 * net.SLOW, time.monotonic() - began
        net.equal(d.one("select count(*) from inbox"), 5)


@net.case
def same_update__is_answered_once_however_often_it_is_brought():
    with talking() as (tg, d):
        secret = secret_of(tg)
        for _ in range(5):
            net.equal(call(d, secret, update(10, 6005)).status, 200)
        net.equal(call(d, secret, update(9, 6006)).status, 200)  # ids may jump, back too
        tg.wait(6006, 1, 20)
        net.equal([len(tg.wait(6005, 1, 20)), d.one("select count(*) from turn")], [1, 2])


@net.case
def commit__comes_before_200():
    with talking() as (tg, d):
        lock = sqlite3.connect(d.state / "parley.db", isolation_level=None)
        lock.execute("begin exclusive")
        said = []
        caller = threading.Thread(target=lambda: said.append(call(d, secret_of(tg), update(11, 6008)).status))
        caller.start()
        time.sleep(1.5)
        net.equal(said, [])
        lock.rollback()
        lock.close()
        caller.join()
        net.equal(said, [200])
        net.equal(len(tg.wait(6008, 1, 20)), 1)


@net.case
def kill_9__loses_nothing_and_answers_nothing_twice():
    rng = random.Random(7)
    with telegram.start() as tg:
        d = hooked(tg, free_port())
        users = range(7000, 7040)
        try:
            for n in range(8):
                d.start(ready=None)
                for user in users[5 * n:5 * n + 5]:
                    tg.say(user, QUESTION if rng.random() < 0.7 else "/help")
                    time.sleep(rng.random() * 0.03)
                time.sleep(rng.random() * 0.25)
                d.kill()
            d.start()
            for user in users:
                tg.wait(user, 1, 60)
            net.wait_until("settled", lambda: d.one("select count(*) from outbox where state < 3") == 0, 30)
            net.equal(d.one("select count(*) from turn"), len(users))
            twice = {u for u in users if len(tg.wait(u, 1, 5)) > 1}
            marked = d.one("select count(*) from outbox where possible_duplicate = 1")
            assert all(len(tg.wait(u, 1, 5)) <= 2 for u in users) and len(twice) <= marked, (twice, marked)
            net.equal(d.term(), 0)
        finally:
            d.close()
        net.equal(tg.violations(), [])


@net.case
def taken_away__it_is_set_again():
    with talking() as (tg, d):
        tg.call("deleteWebhook")
        d.wait_log("telegram.webhook_lost", timeout=15)
        net.wait_until("set again", lambda: tg.calls("setWebhook") == 2)
        tg.say(6009, QUESTION)
        tg.wait(6009, 1, 20)


@net.case
def refused_address__is_named_and_the_daemon_stays():
    with telegram.start() as tg:
        tg.fault(method="setWebhook", count=1, status=400,
                 description="Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        with hooked(tg, free_port()) as d:
            d.wait_log('telegram.trouble .*why="the webhook is refused" .*HTTPS URL must be provided')
            d.wait_log("telegram.up", timeout=20)


@net.case
def restart__from_webhook_to_polling_and_back_loses_nothing():
    with telegram.start() as tg:
        port = free_port()
        with hooked(tg, port) as d:
            d.wait_log("telegram.up")
            net.equal(d.term(), 0)
            tg.say(6010, QUESTION)
            d.sets.append("telegram.mode=polling")
            d.start()
            tg.wait(6010, 1, 20)
            net.equal(d.term(), 0)
            tg.say(6011, QUESTION)
            d.sets.pop()
            d.start()
            net.equal(len(tg.wait(6011, 1, 20)), 1)
        net.equal(tg.violations(), [])


net.main()
