# SPDX-License-Identifier: Apache-2.0
"""What the tests of faulty providers share: model answers as bytes, and a daemon whose every turn is
looked at from all sides (Desk.ask): what the client got, the ledger, the outbox, memory, sockets, time."""
import contextlib
import dataclasses
import json
import pathlib
import re
import shutil
import tempfile
import time

import net

DEADLINE_MS = int(8000 * net.SLOW)
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "info", "workers.threads": 1,
        "answer.footer": "false", "answer.deadline_ms": DEADLINE_MS}
LIMITS = {"connect_ms": 1000, "first_byte_ms": 1000, "idle_ms": 1000, "timeout_ms": 2500}
RSS_GROWTH_MAX = 32 << 20
INBOX_DONE, OUTBOX_SENT = 4, 3
DOCS = "data/knowledge"
BAD = "Nobody may read this"  # begins every text of a provider that then fails


# ---- answers as bytes ----

def reply(body=b"", status="200 OK", kind="application/json", headers=(), length=None):
    """A whole HTTP answer; `length` lies about the body's."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}",
             f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def refusal(status, code, *headers, **more):
    return reply({"error": {"message": f"{BAD}.", "code": code, "type": code}, **more}, status,
                 headers=headers)


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def stream(*events, whole=True, headers=()):
    """Server-sent events, one HTTP chunk each; not `whole`: the last chunk is missing."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked", *headers]
    parts = [e if isinstance(e, bytes) else e.encode() for e in events]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + b"".join(map(chunk, parts)) + \
        (b"0\r\n\r\n" if whole else b"")


def event(**members):
    return f"data: {json.dumps(members, ensure_ascii=False)}\n\n"


def delta(text, finish=None):
    return event(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": finish}])


def error(code):
    return event(error={"message": f"{BAD}.", "type": code})


def said(text, done=True):
    """The events of a whole answer, a word each."""
    words = [delta(word) for word in re.findall(r"\S+\s*", text)]
    usage = event(choices=[], usage={"prompt_tokens": 100, "completion_tokens": 20})
    return [*words, delta("", "stop"), *([usage, "data: [DONE]\n\n"] if done else [])]


# ---- one turn ----

@dataclasses.dataclass
class Case:
    name: str
    answer: object     # bytes, or what makes them at the time of asking
    ends: str = "cut"  # the ledger's word for each try
    tries: int = 1     # calls, where no other model follows
    how: dict = dataclasses.field(default_factory=dict)
    restart: bool = False  # text was shown before it broke
    least_s: float = 0     # waits asked for, where it is tried again
    text: str = None       # the answer is good, and this


@dataclasses.dataclass
class Seen:
    body: dict
    restarts: int
    took_s: float
    grown: int = 0


def outcome_is(have, want):
    """A slow build may run out of time before it has read as far as a cap."""
    if net.SLOW > 1 and want == "cut" and have.startswith("timeout"):
        return True
    return have == want


def ask_plain(client, question):
    began = time.monotonic()
    r = client.ask(question)
    net.equal(r.status, 200, question)
    return Seen(r.json(), 0, time.monotonic() - began)


def ask_streamed(client, question):
    """What a person has before them at the end is the answer; there is one `done`, and it is last."""
    began, shown, done, restarts = time.monotonic(), "", [], 0
    for e in client.ask_sse(question):
        assert not done, f"{question}: {e.name} after done"
        if e.name == "sentence":
            shown += e.data["text"]
        elif e.name == "restart":
            shown, restarts = "", restarts + 1
        elif e.name == "done":
            done.append(e.data)
        assert e.name != "error", f"{question}: {e.data}"
    net.equal(len(done), 1, question)
    net.equal(shown, done[0]["answer"], question)
    return Seen(done[0], restarts, time.monotonic() - began)


ASK = {"plain": ask_plain, "stream": ask_streamed}


class Memory:
    """How far a process's resident memory rises above what it was."""

    def __init__(self, process):
        self.process, self.before = process, process.rss_bytes()
        pathlib.Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # its high-water mark starts anew

    def grown(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", text, re.M).group(1)) * 1024 - self.before


def settled(d, turn):
    """Waits for it: one turn, one bill, nothing left to deliver. Returns its calls, [(provider, outcome)]."""
    net.wait_until("the turn is settled",
                   lambda: d.one("select state from inbox where turn_id = ?", turn) == INBOX_DONE)
    outbox = d.rows("select state from outbox where turn_id = ?", turn)
    net.equal([row["state"] for row in outbox], [OUTBOX_SENT], "outbox")
    net.equal(d.one("select count(*) from turn where turn_id = ?", turn), 1, "turns")
    net.equal(d.one("select count(*) from usage where turn_id = ?", turn), 1, "bills")
    rows = d.rows("select provider, outcome from llm_attempt where turn_id = ? order by n", turn)
    return [(row["provider"], row["outcome"]) for row in rows]


@contextlib.contextmanager
def indexed():
    """A state directory that holds the sample documents, to copy from."""
    with tempfile.TemporaryDirectory(prefix="parley-faults-") as at:
        d = net.Daemon(state=f"{at}/state")
        code, out, err = d.run("index", DOCS)
        d.close()
        net.equal(code, 0, out + err)
        yield pathlib.Path(at, "state")


def models(*fakes, **limits):
    """parley.json with these as providers "first", "second" in this order; a port stands for a fake. `limits`
    are the first's."""
    each = {}
    for name, fake in zip(["first", "second"], fakes):
        each[name] = {"base_url": f"http://127.0.0.1:{getattr(fake, 'port', fake)}/v1", "model": "fake",
                      "api_key": "sk-test-0123456789", **LIMITS, **limits}
        limits = {}
    return json.dumps({"llm": {"order": list(each), **each}})


class Desk:
    """A daemon, its first provider and perhaps a second one that always answers SECOND. Use as a context."""

    SECOND = "Another model answers this [1]. It takes a few minutes [1]."

    def __init__(self, state, second, sets=None, **limits):
        self.stack = contextlib.ExitStack()
        self.first = self.stack.enter_context(net.FakeOpenAI())
        self.second = self.stack.enter_context(net.FakeOpenAI()) if second else None
        self.fakes = [f for f in (self.first, self.second) if f]
        if second:
            self.second.script("*", stream(*said(self.SECOND)))
        self.at = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-desk-"))
        self.d = net.Daemon(sets={**SETS, **(sets or {})}, config=models(*self.fakes, **limits),
                            state=shutil.copytree(state, f"{self.at}/state"))
        self.asked, self.deadline_ms = 0, (sets or {}).get("answer.deadline_ms", DEADLINE_MS)

    def __enter__(self):
        self.stack.enter_context(self.d)
        self.client = self.stack.enter_context(self.d.client())
        self.well()  # the first provider's connection rests; the second's may come
        self.sockets = self.d.process.sockets() + (self.second is not None)
        return self

    def __exit__(self, *why):
        return self.stack.__exit__(*why)

    def question(self):
        """Another each time, so that no cache knows it; a number, so that the documents still answer it."""
        self.asked += 1
        return f"How do I stake ETH? fault:{self.asked}"

    def well(self):
        """A good answer by the first: the breaker's count starts anew."""
        ask_plain(self.client, self.question())

    def revive(self):
        """A provider that was switched off for good comes back with the configuration."""
        mark = self.d.process.mark()
        self.d.reload()
        self.d.wait_log(r"reload\.done", since=mark)

    def run(self, case, mode):
        """One question under `case`, checked from all sides."""
        self.well()
        question = self.question()
        answer = case.answer() if callable(case.answer) else case.answer
        self.first.script(self.asked, answer, **case.how)
        before, memory = [f.count() for f in self.fakes], Memory(self.d.process)
        seen = ASK[mode](self.client, question)
        seen.grown = memory.grown()
        calls = [f.count() - n for f, n in zip(self.fakes, before)]
        try:
            self.check_answer(case, mode, seen)
            self.check_books(case, seen, calls)
            self.check_sockets()
            if net.SLOW == 1:  # a sanitizer's shadow memory is not the daemon's
                assert seen.grown <= RSS_GROWTH_MAX, f"{seen.grown >> 20} MiB more"
            limit_s = self.deadline_ms / 1000 + net.SLOW
            assert seen.took_s <= limit_s, f"took {seen.took_s:.2f} s"
        except AssertionError as e:
            raise AssertionError(f"{case.name}, {mode}: {e}\n{self.d.tail(8)}") from None
        return seen

    def answerer(self, case):
        return "first" if case.text else "second" if self.second else "extractive"

    def check_answer(self, case, mode, seen):
        body, by = seen.body, self.answerer(case)
        net.equal(body["metadata"]["provider"], by)
        assert BAD not in body["answer"], body["answer"]
        net.equal("provider_fallback" in body["validation"]["warnings"], by != "first", "fallback told")
        want = {"first": case.text, "second": self.SECOND}.get(by)
        if want:
            net.equal(body["answer"], want)
        else:
            assert body["sources"] and "stak" in body["answer"].lower(), body
        if case.restart and mode == "stream":
            assert seen.restarts >= 1, "what was shown was not taken back"
        if case.least_s and not self.second:
            assert seen.took_s >= case.least_s, f"asked again after {seen.took_s:.2f} s"

    def check_books(self, case, seen, calls):
        """Every call is in the ledger, and none was made besides."""
        follows = self.answerer(case) == "second"
        tries = case.tries if not self.second else 1
        want = [("first", case.ends)] * tries + [("second", "ok")] * follows
        have = settled(self.d, seen.body["message_id"])
        same = len(have) == len(want) and all(h[0] == w[0] and outcome_is(h[1], w[1])
                                              for h, w in zip(have, want))
        assert same, f"ledger {have}, not {want}"
        net.equal(calls, [tries, int(follows)][:len(calls)], "calls")

    def check_sockets(self):
        """At most the one connection to each provider that rests stays open."""
        for fake in self.fakes:
            net.wait_until("connections are closed", lambda f=fake: f.connections() <= 1, 3)
        net.wait_until("sockets are closed", lambda: self.d.process.sockets() <= self.sockets, 3)
