# SPDX-License-Identifier: Apache-2.0
"""A provider that dies mid-sentence, hangs, sends broken JSON, sends without end, or answers 429 and 500:
one whole answer from the next provider within the deadline, memory bounded, and never a forbidden phrase."""
import threading

import net

SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn",
        "llm.openai.first_byte_ms": 1000, "llm.openai.idle_ms": 1000, "llm.openai.timeout_ms": 5000}
FAULTS = ["429", "500", "503", "401", "hang", "cut", "malformed", "huge", "reset", "error-event"]
RSS_GROWTH_MAX = 32 << 20
DOCS = "data/knowledge"


def served(fake):
    d = net.Daemon(sets=SETS, fake=fake)
    code, out, err = d.run("index", DOCS)
    net.equal(code, 0, out + err)
    return d


@net.case
def fault__each_ends_in_one_whole_answer():
    for fault in FAULTS:
        with net.FakeOpenAI() as fake, served(fake) as d, d.client() as c:
            r = c.ask(f"How do I stake ETH? fault:{fault}")
            net.equal(r.status, 200, fault)
            body = r.json()
            net.equal(body["metadata"]["provider"], "extractive", fault)
            assert body["sources"] and "stak" in body["answer"].lower(), (fault, body)
            assert "provider_fallback" in body["validation"]["warnings"], fault
            net.equal(d.one("select count(*) from usage"), 1, fault)
            net.equal(d.one("select count(*) from llm_attempt where outcome is null or outcome = 'ok'"),
                      0, fault)


@net.case
def fault__a_stream_that_breaks_is_restarted_and_ends_whole():
    with net.FakeOpenAI() as fake, served(fake) as d, d.client() as c:
        said, done = "", None
        for e in c.ask_sse("How do I stake ETH? fault:cut"):
            if e.name == "sentence":
                said += e.data["text"]
            elif e.name == "restart":
                said = ""
            elif e.name == "done":
                done = e.data
        net.equal(said, done["answer"])
        net.equal(done["metadata"]["provider"], "extractive")


@net.case
def fault__endless_bodies_do_not_grow_the_daemon():
    with net.FakeOpenAI() as fake, served(fake) as d:
        with d.client() as c:
            c.ask("What is gas?")
        before = d.process.rss_bytes()
        grown = []

        def ask(n):
            with d.client() as c:
                net.equal(c.ask(f"How do I stake ETH {n}? fault:huge").status, 200)
                grown.append(d.process.rss_bytes() - before)

        people = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for p in people:
            p.start()
        for p in people:
            p.join(60)
        net.equal(len(grown), 8)
        print(f"RSS growth {max(grown) >> 10} KiB with 8 endless bodies at once", flush=True)
        if net.SLOW == 1:  # a sanitizer's shadow memory is not the daemon's
            assert max(grown) <= RSS_GROWTH_MAX, f"{max(grown) >> 20} MiB"


@net.case
def fault__the_breaker_opens_within_five_failures():
    with net.FakeOpenAI() as fake, served(fake) as d, d.client() as c:
        for n in range(9):
            net.equal(c.ask(f"How do I stake ETH {n}? fault:500").status, 200)
        assert fake.count() <= 5, f"{fake.count()} calls to a dead provider"


@net.case
def fault__a_forbidden_phrase_never_leaves_however_it_is_streamed():
    phrase = "This pool has guaranteed returns for everybody. It is risk-free."
    with net.FakeOpenAI() as fake, served(fake) as d, d.client() as c:
        seen = []
        for e in c.ask_sse(f"Is the pool good?\nsay:{phrase}"):
            seen.append(str(e.data).lower())
        assert any("danger_phrase" in s for s in seen), seen
        raw = " ".join(seen)
        assert "guaranteed returns" not in raw and "risk-free" not in raw, raw
        net.equal(c.ask(f"Is it?\nsay:{phrase}").body.lower().count(b"guaranteed returns"), 0)


net.main()
