# SPDX-License-Identifier: Apache-2.0
"""Promise 1: nothing is lost and nothing is billed twice, whatever is killed and whenever.

Twenty people talk without pause, each over its own connection and session, while the daemon is killed with
SIGKILL at random moments and started again. A person whose request broke repeats it with the same
Idempotency-Key until it is answered. PARLEY_KILL_CYCLES (default 50) and PARLEY_KILL_SEED choose the run.
"""
import contextlib
import http.client
import os
import random
import threading
import time

import net

CYCLES = int(os.environ.get("PARLEY_KILL_CYCLES", "50"))
SEED = int(os.environ.get("PARLEY_KILL_SEED", str(random.randrange(1 << 32))))
PEOPLE = 20
RECOVERY_S = 2.0
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn", "workers.threads": 2}


class Person(threading.Thread):
    """Asks one question after the other; each is repeated under its key until it has its answer."""

    def __init__(self, number, where, stop):
        super().__init__(daemon=True)
        self.number, self.where, self.stop = number, where, stop
        self.answers = {}  # key -> (question, body bytes)
        self.wrong = []

    def run(self):
        turn = 0
        try:
            while not self.stop.is_set():
                turn += 1
                self.settle(f"p{self.number}-{turn}", f"How do I stake ETH? token:P{self.number}x{turn}x")
        except Exception as e:  # told to the case, which runs on another thread
            self.wrong.append(repr(e))

    def settle(self, key, question):
        while key not in self.answers:
            with contextlib.suppress(OSError, http.client.HTTPException):
                with net.Client("127.0.0.1", self.where["port"], timeout=30) as c:
                    while key not in self.answers:
                        self.once(c, key, question)
            time.sleep(0.005)

    def once(self, c, key, question):
        r = c.ask(question, key=key, session_id=f"s{self.number}")
        if r.status == 200:
            self.answers[key] = (question, r.body)
        elif r.status in (409, 503):  # still at work, or just going down: ask again
            time.sleep(0.01)
        else:
            raise AssertionError(f"{key}: {r.status} {r.body[:200]}")


def killed_and_started(d, where, rng):
    """One cycle; returns how long the messages that were open at the kill took to be answered."""
    time.sleep(rng.uniform(0.02, 0.35))
    d.kill()
    last = d.one("select coalesce(max(id), 0) from inbox")
    began = time.monotonic()
    d.start()
    where["port"] = d.port
    open_sql = f"select count(*) from inbox where id <= {last} and state < 3"
    net.wait_until("what was open at the kill is answered", lambda: d.one(open_sql) == 0, 30)
    return time.monotonic() - began


@net.case
def kill__loses_nothing_and_bills_nothing_twice():
    rng = random.Random(SEED)
    print(f"seed {SEED}, {CYCLES} cycles", flush=True)
    stop, recovery = threading.Event(), []
    with net.FakeOpenAI("--delay-ms", "20") as fake, net.Daemon(sets=SETS, fake=fake) as d:
        where = {"port": d.port}
        people = [Person(n, where, stop) for n in range(PEOPLE)]
        for p in people:
            p.start()
        for _ in range(CYCLES):
            recovery.append(killed_and_started(d, where, rng))
        stop.set()
        for p in people:
            p.join(60)
            net.equal(p.wrong, [])
        net.wait_until("nothing is open",
                       lambda: d.one("select count(*) from inbox where state < 4") == 0, 30)
        check(d, people)
        check_replays(d, people, rng)
    recovery.sort()
    print(f"recovery: median {recovery[len(recovery) // 2]:.2f} s, worst {recovery[-1]:.2f} s", flush=True)
    assert recovery[-1] <= RECOVERY_S * net.SLOW, f"recovery took {recovery[-1]:.2f} s"


def check(d, people):
    keys = sum(len(p.answers) for p in people)
    assert keys >= CYCLES, f"only {keys} answers in {CYCLES} cycles: the test did not load the daemon"
    states = {r["state"]: r["n"] for r in d.rows("select state, count(*) as n from inbox group by state")}
    net.equal(states, {4: keys}, "every accepted message is DONE, none is DEAD")
    net.equal(d.one("select count(*) from turn"), keys, "one answer each")
    net.equal(d.one("select count(*) from usage"), keys, "one bill each")
    net.equal(d.one("select count(*) from (select turn_id from usage group by turn_id having count(*) > 1)"),
              0)
    net.equal(d.one("select sum(used) from quota"), keys, "the quota counts each once")
    net.equal(d.one("select sum(reserved) from quota"), 0, "no reservation is left behind")
    net.equal(d.one("select count(*) from llm_attempt where outcome is null"), 0,
              "no open attempt in the ledger")
    crashed = d.one("select count(*) from llm_attempt where outcome = 'crashed'")
    print(f"{keys} answers, {crashed} provider calls cut off by a kill", flush=True)
    assert crashed > 0, "no kill hit a running call: the test proves nothing"
    net.equal(d.one("pragma integrity_check"), "ok")


def check_replays(d, people, rng):
    """A repeated request gets the same bytes, and the token proves that they belong to its question."""
    with d.client() as c:
        for p in people:
            for key in rng.sample(sorted(p.answers), min(10, len(p.answers))):
                question, body = p.answers[key]
                again = c.ask(question, key=key, session_id=f"s{p.number}")
                net.equal((again.status, again.body), (200, body), key)
        net.equal(d.one("select count(*) from usage"), sum(len(p.answers) for p in people),
                  "replays are free")
    for p in people:
        for key, (question, body) in p.answers.items():
            token = question.rpartition("token:")[2]
            assert token.encode() in body, f"{key}: another one's answer: {body[:200]}"


net.main()
