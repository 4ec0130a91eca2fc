# SPDX-License-Identifier: Apache-2.0
"""The breaker of a provider, for each way to fail: five calls at most, then none, while the next provider
answers; and 30 s later it is asked again: well, it is back; still failing, it has its rest for as long again.
In real time, all ways side by side."""
import concurrent.futures
import dataclasses
import shutil
import socket
import tempfile
import time

import net
from faults import SETS, Desk, ask_plain, delta, error, indexed, models, refusal, reply, said, stream

FAILURES, OPEN_S = 5, 30
LATEST_S = OPEN_S + 2
SHORT_MS = int(300 * net.SLOW)
FAST = {"first_byte_ms": SHORT_MS, "idle_ms": SHORT_MS}


@dataclasses.dataclass
class Way:
    name: str
    answer: bytes = b""
    how: dict = dataclasses.field(default_factory=dict)
    still: bool = False  # it fails the probe too
    of_key: bool = False  # the breaker is the key's: the provider may be well


WAYS = [
    Way("429", refusal("429 Too Many Requests", "rate_limit_exceeded"), of_key=True),
    Way("500", refusal("500 Oops", "server_error")),
    Way("503-still", refusal("503 Service Unavailable", "server_is_overloaded"), still=True),
    Way("529", refusal("529 Overloaded", "overloaded_error")),
    Way("hang", how={"then": "hang"}),
    Way("hang-inside", stream(delta("Half an answer"), whole=False), {"then": "hang"}),
    Way("drop", how={"then": "close"}),
    Way("cut", stream(delta("Half an answer"), whole=False), {"then": "close"}),
    Way("no-finish", stream(delta("Half an answer"))),
    Way("malformed", reply(b'{"choices":[{"message":{"content":"Half')),
    Way("error-event", stream(error("overloaded_error"))),
    Way("bad-request", refusal("400 Bad Request", "invalid_request_error")),
    Way("endless", reply(kind="text/event-stream", length=5 << 30) + b": x\n" * 9999,
        {"then": "again", "from": 99}),
]


def answerer(desk):
    return ask_plain(desk.client, desk.question()).body["metadata"]["provider"]


def opened(desk, way):
    """Fails until the breaker opens; returns when that was."""
    desk.first.script("*", way.answer, **way.how)
    before = desk.first.count()
    for _ in range(FAILURES):
        net.equal(answerer(desk), "second", way.name)
        at = time.monotonic()
    net.equal(desk.first.count() - before, FAILURES, f"{way.name}: calls until it opens")
    desk.d.wait_log(r"llm\.key_waits provider=first key=1 of=1 wait_ms=30000" if way.of_key
                    else r"llm\.breaker_open provider=first failures=5")
    return at


def spared(desk, way):
    """While it is open nobody asks the first."""
    before = desk.first.count()
    for _ in range(3):
        net.equal(answerer(desk), "second", way.name)
    net.equal(desk.first.count(), before, f"{way.name}: calls to an open breaker")


def healed(desk, way, at):
    """Asks every now and then until the first is back; returns after how long that was."""
    desk.first.script("*", stream(*said("It is back [1].")))
    before = desk.first.count()
    while True:
        by, after = answerer(desk), time.monotonic() - at
        if by == "first":
            break
        assert after < LATEST_S * net.SLOW, f"{way.name}: not asked again after {after:.1f} s"
        net.equal(desk.first.count(), before, f"{way.name}: calls after {after:.1f} s")
        time.sleep(0.25)  # what is measured is real time
    assert after > OPEN_S - 1, f"{way.name}: asked again after {after:.1f} s"
    if not way.of_key:
        desk.d.wait_log(r"llm\.breaker_closed provider=first")
    return f"asked again after {after:.2f} s"


def probed(desk, way, at):
    """When its time has come the first question asks it, which still fails; the next ones do not."""
    before = desk.first.count()
    time.sleep(max(0, at + OPEN_S + 0.5 - time.monotonic()))
    for _ in range(3):
        net.equal(answerer(desk), "second", way.name)
    net.equal(desk.first.count() - before, 1, f"{way.name}: calls by the probe")
    return "one probe, open again"


def tried(way, state):
    try:
        with Desk(state, second=True, **FAST) as desk:
            at = opened(desk, way)
            spared(desk, way)
            return way.name, (probed if way.still else healed)(desk, way, at), None
    except Exception as e:  # told at the end, with the others
        return way.name, "FAILED", e


@net.case
def breaker__opens_within_five_failures_and_recovers_in_30_s():
    with indexed() as state, concurrent.futures.ThreadPoolExecutor(len(WAYS)) as pool:
        done = list(pool.map(lambda way: tried(way, state), WAYS))
    for name, told, _ in done:
        print(f"{name:12} {told}", flush=True)
    wrong = [f"{name}: {e!r}" for name, _, e in done if e]
    assert not wrong, "\n".join(wrong)


@net.case
def breaker__who_says_how_long_to_wait_is_asked_again_just_then():
    with indexed() as state, Desk(state, second=True) as desk:
        desk.first.script("*", refusal("429 Too Many Requests", "rate_limit_exceeded", "Retry-After: 2"))
        before, began = desk.first.count(), time.monotonic()
        for _ in range(3):
            net.equal(answerer(desk), "second")
        net.equal(desk.first.count() - before, 1)
        desk.first.script("*", stream(*said("It is back [1].")))
        while answerer(desk) != "first":
            time.sleep(0.05)
        after = time.monotonic() - began
        assert 1.9 < after < 3 * net.SLOW, after


@net.case
def breaker__what_nobody_heals_stays_off_until_the_configuration_is_read_again():
    for status, code in (("429 Quota", "insufficient_quota"), ("402 Payment Required", "billing_error"),
                         ("401 Unauthorized", "invalid_api_key"), ("403 Forbidden", "permission_error")):
        with indexed() as state, Desk(state, second=True) as desk:
            desk.first.script("*", refusal(status, code))
            before = desk.first.count()
            for _ in range(3):
                net.equal(answerer(desk), "second", code)
            net.equal(desk.first.count() - before, 1, code)
            desk.d.wait_log(r"llm\.disabled provider=first")
            desk.first.script("*", stream(*said("It is back [1].")))
            desk.revive()
            net.equal(answerer(desk), "first", code)


@net.case
def breaker__a_server_that_was_down_is_found_again():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]  # refused: bound and not listening
        with indexed() as state, tempfile.TemporaryDirectory() as at:
            d = net.Daemon(sets=SETS, config=models(port), state=shutil.copytree(state, f"{at}/state"))
            with d, d.client() as c:
                net.equal(c.ask("How do I stake ETH? 1").json()["metadata"]["provider"], "extractive")
                outcomes = [r["outcome"] for r in d.rows("select outcome from llm_attempt")]
                net.equal(outcomes, ["transient"] * 3)
                s.close()
                with net.FakeOpenAI(port=port):
                    net.equal(c.ask("How do I stake ETH? 2").json()["metadata"]["provider"], "first")


net.main()
