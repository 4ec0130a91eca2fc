# SPDX-License-Identifier: Apache-2.0
"""What a provider must not be able to do to us whatever it sends: fill the memory, not even in eight calls at
once, or say a forbidden phrase. Each single way to fail: provider_fault_test.py."""
import threading

import net

SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn",
        "llm.openai.first_byte_ms": 1000, "llm.openai.idle_ms": 1000, "llm.openai.timeout_ms": 5000}
RSS_GROWTH_MAX = 32 << 20
DOCS = "data/knowledge"


def served(fake):
    d = net.Daemon(sets=SETS, fake=fake)
    code, out, err = d.run("index", DOCS)
    net.equal(code, 0, out + err)
    return d


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
