# SPDX-License-Identifier: Apache-2.0
"""Signals: SIGHUP takes a good configuration whole and a broken one not at all; SIGTERM under load loses
nothing and exits 0; a second SIGTERM exits at once."""
import contextlib
import http.client
import signal
import threading
import time

import net

SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE"}


def sets(**more):
    return {**SETS, **{k.replace("__", "."): v for k, v in more.items()}}


@net.case
def sighup__a_good_file_changes_the_running_daemon():
    with net.Daemon(sets={"consent.region": "none"}) as d, d.client() as c:
        net.equal(c.ask("What is gas?").status, 200)
        d.config.write_text('{ "limits": { "user_per_minute": 1 } }\n')
        mark = d.process.mark()
        d.reload()
        d.wait_log(r"reload\.done", since=mark)
        statuses = [c.ask(f"What is gas {n}?").status for n in range(3)]
        assert 429 in statuses, statuses


@net.case
def sighup__a_broken_file_keeps_the_old_configuration_and_says_why():
    with net.Daemon(sets=SETS) as d, d.client() as c:
        for text, why in (('{\n  "server": { "listn": 1 }\n}\n', r"2:15: server\.listn: unknown key"),
                          ("{ broken", "1:3"),
                          ('{ "limits": { "user_per_minute": "many" } }', "1:34")):
            d.config.write_text(text)
            mark = d.process.mark()
            d.reload()
            d.wait_log(r"reload\.refused .*parley\.json:" + why, since=mark)
            net.equal(c.ask("What is gas?").status, 200)
            net.equal(c.get("/readyz").status, 200)


def ask_until_refused(d, answered, n):
    with contextlib.suppress(OSError, http.client.HTTPException), d.client() as c:
        for turn in range(1000):
            r = c.ask(f"How do I stake ETH? token:T{n}x{turn}x", key=f"{n}-{turn}", session_id=f"s{n}")
            if r.status != 200:
                return
            answered.append(r.body)


@net.case
def sigterm__under_load_loses_nothing():
    with net.FakeOpenAI("--delay-ms", "50") as fake, net.Daemon(sets=SETS, fake=fake) as d:
        answered = []
        people = [threading.Thread(target=ask_until_refused, args=(d, answered, n)) for n in range(20)]
        for p in people:
            p.start()
        time.sleep(0.5)
        began = time.monotonic()
        net.equal(d.term(), 0, "exit code")
        took = time.monotonic() - began
        for p in people:
            p.join(10)
        accepted = d.one("select count(*) from inbox")
        net.equal(d.one("select count(*) from inbox where state = 4"), accepted, "all accepted are DONE")
        net.equal(d.one("select count(*) from usage"), accepted)
        net.equal(len(answered), accepted, "every answer reached its client")
        assert accepted >= 20
        print(f"{accepted} answers, drained in {took:.2f} s", flush=True)
        d.check_clean()
        assert "clean=yes" in d.log(), d.tail()


@net.case
def sigterm__at_the_deadline_gives_messages_back_for_the_next_start():
    with net.FakeOpenAI() as fake, net.Daemon(sets=sets(drain_ms=300), fake=fake) as d:
        def ask():
            with d.client() as c:
                replies.append(c.ask("How do I stake ETH? fault:hang", key="k"))
        replies = []
        person = threading.Thread(target=ask)
        person.start()
        net.wait_until("it is stored", lambda: d.one("select count(*) from inbox") == 1)
        net.equal(d.term(), 0, d.tail())
        person.join(10)
        net.equal(replies[0].status, 503)
        net.equal(replies[0].json()["code"], "draining")
        net.equal(d.one("select state from inbox"), 1)
        d.env = {}  # no model any more: the documents answer
        d.start()
        with d.client() as c:
            net.wait_until("answered after the restart", lambda: d.one("select state from inbox") == 4)
            r = c.ask("How do I stake ETH? fault:hang", key="k")
            net.equal(r.status, 200)
        net.equal(d.one("select count(*) from usage"), 1)


@net.case
def sigterm__twice_exits_at_once():
    with net.FakeOpenAI() as fake, net.Daemon(sets=SETS, fake=fake) as d:
        def ask():
            with contextlib.suppress(OSError, http.client.HTTPException), d.client() as c:
                c.ask("How do I stake ETH? fault:hang")
        person = threading.Thread(target=ask)
        person.start()
        net.wait_until("it is stored", lambda: d.one("select count(*) from inbox") == 1)
        d.process.signal(signal.SIGTERM)
        d.wait_log(r"drain\.begin")
        began = time.monotonic()
        d.process.signal(signal.SIGTERM)
        assert d.wait(5) != 0
        assert time.monotonic() - began < 2 * net.SLOW
        person.join(10)


net.main()
