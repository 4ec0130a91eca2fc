# SPDX-License-Identifier: Apache-2.0
"""Every way a provider is known to fail, and some that only look like failing. Each case is asked by a client
that streams and by one that does not, with a healthy provider behind the faulty one and with none: exactly
one whole answer from whom it should be, in time, one bill, every call in the ledger, memory and sockets as
before (faults.Desk). The last lines print what was measured."""
import concurrent.futures
import dataclasses
import email.utils
import functools
import gzip
import json
import queue
import socket
import time
import zlib

import net
from faults import (ASK, BAD, INBOX_DONE, RSS_GROWTH_MAX, Case, Desk, Memory, chunk, delta, error, indexed,
                    refusal, reply, said, stream)

DESKS = 3  # daemons side by side, of each kind
FIVE_GB = 5 << 30
GOOD = "The model answers this [1]. Gr\u00f6\u00dfe, \U0001f30d and \u6c34 arrive whole [1]."
SENTENCES = [delta(f"{BAD}, sentence {n} of it [1]. ") for n in (1, 2, 3)]
SHOWN = [*SENTENCES, delta("And the next one")]


def busy_until():
    """A 429 with an HTTP date, one to two seconds away."""
    date = email.utils.formatdate(time.time() + 2, usegmt=True)
    return refusal("429 Too Many Requests", "slow_down", "Retry-After: " + date)


def bomb(block, layers, kind="text/event-stream"):
    """A gzip body that inflates to `block` without end, and from where on it repeats itself."""
    names = ", ".join(["gzip"] * layers)
    head = (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Encoding: {names}\r\n"
            f"Connection: close\r\n\r\n").encode()
    begin = b""
    for _ in range(layers):
        z = zlib.compressobj(9, zlib.DEFLATED, 31)
        begin = z.compress(begin) + z.flush(zlib.Z_FULL_FLUSH)
        block = z.compress(block) + z.flush(zlib.Z_FULL_FLUSH)
        block *= 1 if len(block) > 20000 else 20000 // len(block)
    return head + begin + block, {"then": "again", "from": len(head + begin)}


def endless(name, begin, more, **case):
    return Case(name, begin + more, how={"then": "again", "from": len(begin)}, **case)


def dripping(name, begin, more, **case):
    return Case(name, begin + more, how={"step": 1, "every": 50, "from": len(begin)}, **case)


def exploding(name, block, layers, **case):
    answer, how = bomb(block, layers)
    return Case(name, answer, how=how, **case)


REFUSED = [
    Case("429", refusal("429 Too Many Requests", "rate_limit_exceeded"), "rate", 3),
    Case("429-seconds", refusal("429 Too Many Requests", "rate_limit_exceeded", "Retry-After: 1"), "rate", 3,
         least_s=2),
    Case("429-date", busy_until, "rate", 3, least_s=0.9),
    Case("429-ms", refusal("429 Too Many Requests", "slow_down", "retry-after-ms: 400", "Retry-After: 60"),
         "rate", 3, least_s=0.8),
    Case("429-hour", refusal("429 Too Many Requests", "rate_limit_exceeded", "Retry-After: 3600"), "rate"),
    Case("429-nonsense", refusal("429 Too Many Requests", "slow_down", "Retry-After: soon"), "rate", 3),
    Case("429-quota", refusal("429 Too Many Requests", "insufficient_quota", "Retry-After: 1"), "money"),
    Case("402", refusal("402 Payment Required", "billing_error"), "money"),
    Case("401", refusal("401 Unauthorized", "invalid_api_key"), "key"),
    Case("400", refusal("400 Bad Request", "invalid_request_error"), "bad_request"),
    Case("302", reply(b"", "302 Found", headers=["Location: http://127.0.0.1:1/"]), "bad_request"),
    Case("500", refusal("500 Internal Server Error", "server_error"), "transient", 3),
    Case("500-page", reply(b"<h1>oops</h1>" * 99, "500 Oops", "text/html"), "transient", 3),
    Case("503", refusal("503 Service Unavailable", "server_is_overloaded"), "transient", 3),
    Case("529", refusal("529 Overloaded", "overloaded_error"), "transient", 3),
]

BROKEN_OFF = [
    Case("drop", b"", "transient", 3, {"then": "close"}),
    Case("reset", b"", "transient", 3, {"then": "abort"}),
    Case("half-head", b"HTTP/1.1 200 OK\r\nContent-Ty", "transient", 3, {"then": "close"}),
    Case("no-http", b"SSH-2.0-OpenSSH_9.2\r\n", "transient", 3, {"then": "close"}),
    Case("truncate", reply({"choices": []}, length=4096), how={"then": "close"}),
    Case("cut", stream(*SHOWN, whole=False), how={"then": "close"}, restart=True),
    Case("cut-by-reset", stream(*SHOWN, whole=False), how={"then": "abort"}),
    Case("clean-end-without-finish", stream(*SHOWN), restart=True),
    Case("done-without-finish", stream(*SHOWN, "data: [DONE]\n\n"), restart=True),
    Case("error-first", stream(error("server_error")), "transient", 3),
    Case("error-rate", stream(error("rate_limit_exceeded")), "rate", 3),
    Case("error-after-3", stream(*SHOWN, error("overloaded_error"), "data: [DONE]\n\n"), "transient", 3,
         restart=True),
    Case("error-named", stream(*SHOWN, 'event: error\ndata: {"message":"x"}\n\n'), "transient", 3,
         restart=True),
    Case("finish-error", stream(*SHOWN, delta("", "error")), "transient", 3, restart=True),
    Case("finish-filter", stream(*SHOWN, delta("", "content_filter")), "refused", restart=True),
    Case("malformed", stream('data: {"choices":[{"delta":{"content":"The\n\n', "data: }{\n\n")),
    Case("malformed-json", reply(b'{"choices":[{"message":{"content":"' + BAD.encode())),
    Case("login-page", reply(b"<html>Please log in</html>", kind="text/html")),
    Case("empty", reply(b"")),
    Case("empty-answer", stream(*said(""))),
    Case("no-gzip", reply(b"this is not gzip", headers=["Content-Encoding: gzip"])),
    Case("unknown-coding", reply(b"zzz", headers=["Content-Encoding: zstd"])),
]

SLOW = [
    Case("hang", b"", "timeout_first", how={"then": "hang"}),
    Case("hang-after-head", stream(whole=False), "timeout_first", how={"then": "hang"}),
    Case("hang-inside", stream(*SHOWN, whole=False), "timeout_idle", how={"then": "hang"}, restart=True),
    dripping("drip", stream(whole=False), chunk("".join(said(GOOD * 9)).encode()), ends="timeout_first"),
    dripping("drip-inside", stream(*SHOWN, whole=False), chunk(SENTENCES[0].encode()), ends="timeout_total",
             restart=True),
    dripping("drip-head", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 9999, ends="timeout_first"),
    Case("only-comments", stream(*[": still here\n\n"] * 99), "timeout_first", how={"step": 18, "every": 50}),
    dripping("500-drip", reply(b'{"error":"', "500 Oops", length=9999), b"x" * 9989, ends="transient",
             tries=3),
    Case("429-hang", refusal("429 Too Many Requests", "slow_down")[:-9], "rate", 3, {"then": "hang"}),
]

ENDLESS = [
    endless("5gb-stream", stream(whole=False), stream(*[delta("word after word ")] * 400,
                                                               whole=False).partition(b"\r\n\r\n")[2]),
    endless("5gb-json", reply(b'{"choices":[{"message":{"content":"', length=FIVE_GB), b"x" * 60000),
    endless("5gb-line", reply(b"data: ", kind="text/event-stream", length=FIVE_GB), b"x" * 60000),
    endless("5gb-comments", reply(kind="text/event-stream", length=FIVE_GB), b": x\n" * 9999),
    endless("5gb-page", reply(kind="text/html", length=FIVE_GB), b"<p>no</p>\n" * 6000),
    endless("5gb-refusal", reply(b'{"error":"', "500 Oops", length=FIVE_GB), b"x" * 60000, ends="transient",
            tries=3),
    endless("endless-head", b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 999),
    exploding("bomb-events", delta("boom and boom ").encode() * 6000, 1),
    exploding("bomb-zeros", bytes(1 << 20), 1),
    exploding("bomb-in-bomb", bytes(1 << 20), 2),
]

ODD = [
    Case("split-utf8", stream(delta(GOOD), *said("")), how={"step": 1, "every": 1}),
    Case("crlf", stream(*[e.replace("\n", "\r\n") for e in said(GOOD)])),
    Case("cr", stream(*[e.replace("\n", "\r") for e in said(GOOD)])),
    Case("no-done", stream(*said(GOOD, done=False))),
    Case("no-last-blank-line", stream(*said(GOOD, done=False)[:-1], delta("", "stop").rstrip())),
    Case("cut-after-finish", stream(*said(GOOD), whole=False), how={"then": "close"}),
    Case("comments", stream(": hello\n\n", "retry: 5\n",
                            *[f"event: x\nid: 1\n{e}: c\n" for e in said(GOOD)])),
    Case("unparsable-lines", stream(*[f"data: {{broken\n\ndata: nonsense\n\nwhat is this\n\n{e}"
                                      for e in said(GOOD)])),
    Case("null-usage", stream(*[e.replace('"choices"', '"usage":null,"choices"') for e in said(GOOD)])),
    Case("slow", stream(*said(GOOD)), how={"step": 400, "every": 100}),
    Case("json", reply({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": GOOD}}]})),
    Case("gzip", reply(gzip.compress("".join(said(GOOD)).encode()), kind="text/event-stream",
                       headers=["Content-Encoding: gzip"])),
]
for case in ODD:
    case.ends, case.text = "ok", GOOD

# The deadline of the turn is sooner than any limit of the call.
SOON_MS = 2000
PATIENT = {"first_byte_ms": 60000, "idle_ms": 60000, "timeout_ms": 60000}
LATE = [dataclasses.replace(c, name="late-" + c.name, ends="timeout_total")
        for c in SLOW if c.ends.startswith("timeout")]

STAYS_OFF = ("money", "key", "rate")  # until the configuration is loaded again, or as long as it said
figures = []


def row(case, desk, mode, seen):
    by = seen.body["metadata"]["provider"]
    return (case.name, "second" if desk.second else "none", mode, by, seen.took_s * 1000, seen.grown / 2**20)


def work(desk, todo, wrong):
    """Takes cases until none is left; what fails is told at the end."""
    while True:
        try:
            case = todo.get_nowait()
        except queue.Empty:
            return
        for mode in ASK:
            try:
                figures.append(row(case, desk, mode, desk.run(case, mode)))
            except Exception as e:
                wrong.append(f"{case.name}, {mode}: {e!r}" if not isinstance(e, AssertionError) else str(e))
            if case.ends in STAYS_OFF:
                desk.revive()


def sit(cases, kind, state):
    """`cases` on DESKS daemons at once; returns what went wrong."""
    todo, wrong = queue.SimpleQueue(), []
    for case in cases:
        todo.put(case)

    def one(_):
        with Desk(state, **kind) as desk:
            work(desk, todo, wrong)

    with concurrent.futures.ThreadPoolExecutor(DESKS) as pool:
        list(pool.map(one, range(DESKS)))
    return wrong


FAULTS = [*SLOW, *ENDLESS, *REFUSED, *BROKEN_OFF]
TABLES = {"followed": (FAULTS, {"second": True}), "alone": (FAULTS, {"second": False}),
          "odd": (ODD, {"second": True}),
          "late": (LATE, {"second": False, "sets": {"answer.deadline_ms": SOON_MS}, **PATIENT})}


@functools.cache
def results():
    """All tables at once: most of their time they wait."""
    with indexed() as state, concurrent.futures.ThreadPoolExecutor(len(TABLES)) as pool:
        return dict(zip(TABLES, pool.map(lambda table: sit(*table, state), TABLES.values())))


def passed(table):
    wrong = results()[table]
    assert not wrong, f"{len(wrong)} of {len(TABLES[table][0]) * len(ASK)}\n" + "\n".join(wrong)


@net.case
def fault__the_next_provider_answers():
    passed("followed")


@net.case
def fault__alone_it_is_asked_again_or_the_documents_answer():
    passed("alone")


@net.case
def fault__what_only_looks_odd_is_an_answer():
    passed("odd")


@net.case
def fault__no_patience_outlasts_the_deadline():
    passed("late")


def streaming(desk, raw, how, answer):
    """Asks over a plain socket, as far as the start of the stream."""
    question = desk.question()
    desk.first.script(desk.asked, answer, **how)
    body = json.dumps({"message": question}).encode()
    raw.send(f"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
             f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    raw.read_until(b"event: start")


@net.case
def fault__a_bomb_behind_a_slow_reader_is_not_kept():
    events = "".join([delta("Boom and boom. ")] * 4000).encode()
    for layers in (1, 2):
        answer, how = bomb(events, layers)
        with indexed() as state, Desk(state, second=False) as desk, desk.d.raw() as raw:
            raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            memory = Memory(desk.d.process)
            streaming(desk, raw, how, answer)
            last = "select outcome from llm_attempt order by began_ms desc, n desc limit 1"
            net.wait_until("the call has ended", lambda: desk.d.one(last) == "cut")
            grown = memory.grown()
            print(f"RSS growth {grown / 2**20:.2f} MiB, {layers} times gzip behind a slow reader", flush=True)
            assert net.SLOW > 1 or grown <= RSS_GROWTH_MAX, f"{grown >> 20} MiB more"


def leaves(desk, how, answer, seen):
    """A client that streams goes away once `seen` holds; then nobody works on for it."""
    with desk.d.raw() as raw:
        streaming(desk, raw, how, answer)
        net.wait_until("the moment to leave", lambda: seen(raw))
        calls = desk.first.count()
        raw.reset()
    turn = desk.d.one("select turn_id from inbox order by id desc limit 1")
    net.wait_until("it is settled",
                   lambda: desk.d.one("select state from inbox where turn_id = ?", turn) == INBOX_DONE)
    net.equal(desk.d.one("select count(*) from usage where turn_id = ?", turn), 0, "bills")
    net.equal(desk.first.count(), calls, "calls after it left")
    desk.check_sockets()
    return [row["outcome"] for row in
            desk.d.rows("select outcome from llm_attempt where turn_id = ? order by n", turn)]


@net.case
def client__gone_ends_the_call_upstream():
    drip = dripping("", stream(*SHOWN, whole=False), chunk(SENTENCES[0].encode()) * 9)
    endless_drip = {**drip.how, "then": "again"}
    busy = refusal("503 Service Unavailable", "server_is_overloaded", "Retry-After: 3")
    with indexed() as state, Desk(state, second=False) as desk:
        def called(n):
            now = desk.first.count() + n
            return lambda raw: desk.first.count() >= now

        net.equal(leaves(desk, endless_drip, drip.answer, lambda raw: raw.read_until(b"event: sentence")),
                  ["cancelled"], "while it streams")
        net.equal(leaves(desk, {"then": "hang"}, b"", called(1)), ["cancelled"], "while it hangs")
        paused = leaves(desk, {}, busy, lambda raw: desk.d.rows(
            "select 1 from llm_attempt where outcome = 'transient'"))
        net.equal(paused, ["transient"], "between two tries")


def table():
    if not figures:
        return
    print(f"{'case':26} {'behind it':9} {'client':6}  answered by   ms  RSS +MiB")
    for name, behind, mode, by, ms, grown in sorted(figures):
        print(f"{name:26} {behind:9} {mode:6}  {by:10} {ms:5.0f}  {grown:7.2f}")
    print(f"{len(figures)} turns, slowest {max(f[4] for f in figures):.0f} ms, "
          f"most growth {max(f[5] for f in figures):.2f} MiB", flush=True)


net.main(figures=table)
