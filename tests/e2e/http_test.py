# SPDX-License-Identifier: Apache-2.0
"""The web adapter from outside: answers, streams, websocket, and every row of the error table."""
import base64
import json
import os
import struct
import threading

import net

SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn"}


def daemon(**more):
    keep = {k: more.pop(k) for k in ("fake", "config", "env") if k in more}
    d = net.Daemon(sets={**SETS, **{k.replace("__", "."): v for k, v in more.items()}}, **keep)
    code, out, err = d.run("index", "data/knowledge")
    net.equal(code, 0, out + err)
    return d


def is_error(r, status, code):
    net.equal(r.status, status, repr(r.body))
    body = r.json()
    net.equal(sorted(body), ["code", "details", "message", "request_id"])
    net.equal(body["code"], code)
    assert body["message"], body
    return body


ANSWER = {"answer", "sources", "language", "session_id", "message_id", "validation", "metadata"}
METADATA = {"provider", "model", "complexity_score", "routing", "tokens_in", "tokens_out", "cost_usd",
            "response_time_ms", "cached", "request_id"}


@net.case
def chat__the_body_has_the_documented_shape():
    with daemon() as d, d.client() as c:
        for path in ("/api/v1/chat", "/api/chat"):
            r = c.post(path, {"message": "How do I stake ETH?"})
            net.equal(r.status, 200)
            body = r.json()
            net.equal(set(body), ANSWER)
            net.equal(set(body["metadata"]), METADATA)
            net.equal(set(body["validation"]), {"is_safe", "warnings", "confidence_score"})
            net.equal(set(body["sources"][0]), {"n", "title", "source", "excerpt", "score"})
            assert "staking" in body["sources"][0]["source"]
            net.equal(body["language"], "en")


@net.case
def chat__streams_events_in_order_and_done_is_the_whole_body():
    with daemon() as d, d.client() as c:
        events = list(c.ask_sse("How do I stake ETH?"))
        names = [e.name for e in events]
        net.equal(names[0], "start")
        net.equal(names[-1], "done")
        assert names.count("sentence") >= 2 and "source" in names and "usage" in names, names
        firsts = [names.index(name) for name in ("progress", "sentence", "source", "usage")]
        net.equal(firsts, sorted(firsts), names)
        done = events[-1].data
        net.equal("".join(e.data["text"] for e in events if e.name == "sentence"), done["answer"])
        net.equal([e.data for e in events if e.name == "source"], done["sources"])
        net.equal(events[0].data["message_id"], done["message_id"])
        ids = [e.id for e in events]
        net.equal(len(set(ids)), len(ids), "event ids are unique")


@net.case
def chat__a_session_remembers():
    with net.FakeOpenAI() as fake, daemon(fake=fake) as d, d.client() as c:
        first = c.ask("My name for this test is token:ALPHA1x").json()
        second = c.ask("What did I say before?", session_id=first["session_id"]).json()
        net.equal(second["session_id"], first["session_id"])
        net.equal(d.one("select count(distinct conv_key) from turn"), 1)


@net.case
def error__400_names_what_is_wrong():
    with daemon() as d, d.client() as c:
        rows = [(b"{", "1:2"), (b"[]", "object"), (b"{}", "message"), (b'{"message":""}', "message"),
                (b'{"message":7}', "string"), (b'{"message":"x","session_id":"a b"}', "session_id"),
                (b'{"message":"\xff"}', "1:"), (b'{"message":"a\\u0000b"}', "1:"),
                (b'{"message":"x","message":"y"}', "1:"), (b"[" * 100, "1:")]
        for raw, part in rows:
            r = c.request("POST", "/api/v1/chat", raw, content_type="application/json")
            body = is_error(r, 400, "bad_request")
            assert part in body["message"], (raw, body)
        is_error(c.request("POST", "/api/v1/chat", b'{"message":"x"}', content_type="application/json",
                           idempotency_key="x" * 200), 400, "bad_request")
        net.equal(d.one("select count(*) from inbox"), 0)


@net.case
def error__401_without_the_api_key():
    with daemon(server__api_key="sesame-0123456789") as d, d.client() as c:
        is_error(c.ask("What is gas?"), 401, "unauthorized")
        is_error(c.post("/api/v1/chat", {"message": "x"}, authorization="Bearer wrong"), 401, "unauthorized")
        is_error(c.get("/metrics"), 401, "unauthorized")
        is_error(c.get("/api/health"), 401, "unauthorized")
        net.equal(c.get("/healthz").status, 200)
        ok = c.post("/api/v1/chat", {"message": "What is gas?"}, authorization="Bearer sesame-0123456789")
        net.equal(ok.status, 200)
        raw = ws_open(d)
        raw.read_until(b"\r\n\r\n")
        ws_send(raw, '{"message":"What is gas?"}')
        net.equal(ws_until(raw, "error")[-1]["data"]["code"], "unauthorized")
        ws_send(raw, '{"message":"What is gas?","api_key":"sesame-0123456789"}')
        ws_until(raw, "done")
        raw.close()
        assert "sesame" not in d.log()


@net.case
def error__403_where_consent_is_required_and_how_to_give_it():
    with daemon(consent__region="eu") as d, d.client() as c:
        body = is_error(c.ask("What is gas?"), 403, "consent_required")
        version = body["details"]["version"]
        assert body["details"]["text"]
        net.equal(c.ask("What is gas?", consent=version).status, 200)
        net.equal(c.ask("What is a seed phrase?").status, 200, "remembered")
        net.equal(d.one("select count(*) from usage"), 2)


@net.case
def error__404_and_405():
    with daemon() as d, d.client() as c:
        is_error(c.get("/nowhere"), 404, "not_found")
        is_error(c.get("/api/v1/chat/"), 404, "not_found")
        r = c.get("/api/v1/chat")
        is_error(r, 405, "method_not_allowed")
        assert "POST" in r.headers["Allow"]
        is_error(c.post("/healthz", {}), 405, "method_not_allowed")


@net.case
def error__409_while_the_same_key_is_being_answered_then_the_same_bytes():
    with net.FakeOpenAI("--delay-ms", "400") as fake, daemon(fake=fake) as d:
        first = []

        def ask():
            with d.client() as c:
                first.append(c.ask("What is gas?", key="k1", session_id="s"))
        person = threading.Thread(target=ask)
        person.start()
        net.wait_until("it is stored", lambda: d.one("select count(*) from inbox") == 1)
        with d.client() as c:
            is_error(c.ask("What is gas?", key="k1", session_id="s"), 409, "conflict")
            person.join()
            again = c.ask("What is gas?", key="k1", session_id="s")
            net.equal((again.status, again.body), (200, first[0].body))
            net.equal(again.headers["Idempotent-Replayed"], "true")
            is_error(c.ask("Something else", key="k1", session_id="s"), 422, "key_reused")
            events = list(c.ask_sse("What is gas?", key="k1", session_id="s"))
            net.equal(events[-1].data, first[0].json())
        net.equal(fake.count(), 1)


@net.case
def error__413_and_415():
    with daemon() as d, d.client() as c:
        is_error(c.request("POST", "/api/v1/chat", b'{"message":"' + b"x" * (1 << 20) + b'"}',
                           content_type="application/json"), 413, "payload_too_large")
        is_error(c.ask("x" * 40000), 413, "payload_too_large")
        is_error(c.request("POST", "/api/v1/chat", b"message=x",
                           content_type="application/x-www-form-urlencoded"), 415, "unsupported_media_type")
        is_error(c.request("POST", "/api/v1/chat", b'{"message":"x"}', content_type="text/plain"), 415,
                 "unsupported_media_type")


@net.case
def error__429_for_rate_and_for_quota():
    with daemon(limits__user_per_minute=2) as d, d.client() as c:
        r = [c.ask("What is gas?") for _ in range(3)][-1]
        body = is_error(r, 429, "rate_limited")
        assert 1 <= int(r.headers["Retry-After"]) <= 60
        assert body["details"]["retry_after_s"] >= 1
    with daemon(tiers__default="FREE") as d, d.client() as c:
        for _ in range(100):
            net.equal(c.ask("What is gas?").status, 200)
        body = is_error(c.ask("What is gas?", key="over", session_id="s"), 429, "quota_exceeded")
        net.equal((body["details"]["tier"], body["details"]["limit"]), ("FREE", 100))
        replay = c.ask("What is gas?", key="over", session_id="s")
        is_error(replay, 429, "quota_exceeded")
        net.equal(d.one("select used from quota"), 100)


@net.case
def error__503_when_too_much_is_under_way():
    with net.FakeOpenAI("--delay-ms", "700") as fake, daemon(fake=fake, workers__turns_max=4) as d:
        replies = []

        def ask(n):
            with d.client() as c:
                replies.append(c.ask(f"What is gas {n}?"))
        people = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for p in people:
            p.start()
        for p in people:
            p.join()
        statuses = sorted(r.status for r in replies)
        assert statuses.count(200) >= 4 and 503 in statuses, statuses
        for r in replies:
            if r.status == 503:
                is_error(r, 503, "busy")
                assert "Retry-After" in r.headers


@net.case
def health__says_what_works():
    with daemon() as d, d.client() as c:
        net.equal(c.get("/healthz").json(), {"status": "ok"})
        net.equal(c.get("/readyz").status, 200)
        for path in ("/api/health", "/api/v1/health"):
            body = c.get(path).json()
            net.equal(body["status"], "ok")
            names = {x["name"] for x in body["components"]}
            assert {"store", "workers", "knowledge", "llm.extractive", "adapter.web"} <= names, names
        c.ask("What is gas?")
        metrics = c.get("/metrics")
        assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = metrics.body.decode()
        assert "parley_messages_accepted_total 1\n" in text, text
        assert 'parley_turn_seconds_bucket{le="+Inf"} 1\n' in text, text
        types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        net.equal(len(types), len(set(types)), "one TYPE line a metric")


@net.case
def page__comes_with_a_strict_policy():
    with daemon() as d, d.client() as c:
        r = c.get("/")
        net.equal(r.status, 200)
        assert b'src="app.js"' in r.body and b"<script>" not in r.body, r.body
        assert "default-src 'none'" in r.headers["Content-Security-Policy"]
        net.equal(r.headers["X-Content-Type-Options"], "nosniff")
        for path in ("/app.js", "/app.css"):
            net.equal(c.get(path).status, 200)


@net.case
def cors__only_for_listed_origins():
    with daemon(server__cors_origins="https://good.example") as d, d.client() as c:
        good = c.post("/api/v1/chat", {"message": "What is gas?"}, origin="https://good.example")
        net.equal(good.headers["Access-Control-Allow-Origin"], "https://good.example")
        bad = c.post("/api/v1/chat", {"message": "What is gas?"}, origin="https://evil.example")
        assert "Access-Control-Allow-Origin" not in bad.headers
        assert "Origin" in bad.headers["Vary"]


@net.case
def base_path__carries_everything():
    d = daemon(server__base_path="/parley")
    d.start(ready="/parley/readyz")
    with d, d.client() as c:
        r = c.get("/parley")
        net.equal((r.status, r.headers["Location"]), (308, "/parley/"))
        net.equal(c.get("/parley/").status, 200)
        net.equal(c.get("/parley/app.js").status, 200)
        net.equal(c.post("/parley/api/v1/chat", {"message": "What is gas?"}).status, 200)
        is_error(c.get("/healthz"), 404, "not_found")


@net.case
def proxy__is_believed_only_when_trusted():
    asks = {"x_forwarded_for": "198.51.100.7", "x_country_code": "DE"}
    body = {"message": "What is gas?"}
    with daemon(consent__region="auto", limits__user_per_minute=1) as d, d.client() as c:
        net.equal(c.post("/api/v1/chat", body, **asks).status, 200)  # the country is not believed
        r = c.post("/api/v1/chat", body, x_forwarded_for="198.51.100.8")
        is_error(r, 429, "rate_limited")  # nor is the address
    with daemon(consent__region="auto", limits__user_per_minute=1,
                server__trusted_proxies="127.0.0.1") as d, d.client() as c:
        is_error(c.post("/api/v1/chat", body, **asks), 403, "consent_required")
        net.equal(c.post("/api/v1/chat", body, x_forwarded_for="198.51.100.8").status, 200)
        for column in ("external_id", "address", "payload", "user_key"):
            net.equal(d.one(f"select count(*) from inbox where {column} like '%198.51%'"), 0, column)


@net.case
def request_id__is_echoed_and_recorded():
    with daemon() as d, d.client() as c:
        r = c.post("/api/v1/chat", {"message": "What is gas?"}, x_request_id="abcdefgh-1")
        net.equal(r.headers["X-Request-ID"], "abcdefgh-1")
        net.equal(r.json()["metadata"]["request_id"], "abcdefgh-1")
        bad = c.post("/api/v1/chat", {"message": "What is gas?"}, x_request_id="no spaces here")
        assert bad.headers["X-Request-ID"] != "no spaces here"


def ws_open(d, path="/api/v1/ws", origin=None):
    raw = d.raw()
    key = base64.b64encode(os.urandom(16)).decode()
    raw.send((f"GET {path} HTTP/1.1\r\nHost: {d.host}:{d.port}\r\n"
              f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
              f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
              + (f"Origin: {origin}\r\n" if origin else "") + "\r\n").encode())
    return raw


def ws_send(raw, text):
    payload, mask = text.encode(), os.urandom(4)
    head = struct.pack("!BB", 0x81, 0x80 | len(payload)) if len(payload) < 126 else \
        struct.pack("!BBH", 0x81, 0x80 | 126, len(payload))
    raw.send(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


def ws_read(raw):
    op, n = raw.read_exactly(2)
    n &= 127
    if n == 126:
        (n,) = struct.unpack("!H", raw.read_exactly(2))
    elif n == 127:
        (n,) = struct.unpack("!Q", raw.read_exactly(8))
    return op & 15, raw.read_exactly(n)


def ws_until(raw, name):
    seen = []
    while not seen or seen[-1]["event"] != name:
        op, data = ws_read(raw)
        if op == 1:
            seen.append(json.loads(data))
        elif op == 8:
            raise AssertionError(f"closed: {data!r} after {seen}")
    return seen


@net.case
def websocket__speaks_the_same_events():
    with daemon() as d:
        raw = ws_open(d)
        assert raw.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 101")
        ws_send(raw, json.dumps({"message": "How do I stake ETH?", "session_id": "w1"}))
        seen = ws_until(raw, "done")
        said = "".join(e["data"]["text"] for e in seen if e["event"] == "sentence")
        net.equal(said, seen[-1]["data"]["answer"])
        net.equal(seen[0]["event"], "start")
        ws_send(raw, '{"message":7}')
        net.equal(ws_until(raw, "error")[-1]["data"]["code"], "bad_request")
        ws_send(raw, json.dumps({"message": "What is gas?"}))
        ws_until(raw, "done")
        raw.close()
        net.equal(d.one("select count(*) from usage"), 2)


@net.case
def websocket__refuses_a_foreign_origin():
    with daemon() as d:
        raw = ws_open(d, origin="https://evil.example")
        assert b" 403 " in raw.read_until(b"\r\n"), "foreign origin"
        raw.close()
        raw = ws_open(d, origin=f"http://{d.host}:{d.port}")
        assert b" 101 " in raw.read_until(b"\r\n"), "same origin"
        raw.close()


@net.case
def client__that_leaves_without_a_key_stops_the_model_and_is_not_billed():
    for accept in ("application/json", "text/event-stream"):
        with net.FakeOpenAI() as fake, daemon(fake=fake) as d:
            body = json.dumps({"message": "What is gas? fault:hang", "session_id": "s"}).encode()
            raw = d.raw()
            raw.send(f"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     f"Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            net.wait_until("the model is asked", lambda: d.one("select count(*) from llm_attempt") == 1)
            raw.reset()
            net.wait_until("it is settled", lambda: d.one("select state from inbox") == 4, 5)
            net.equal(d.one("select outcome from llm_attempt"), "cancelled")
            net.equal(d.one("select count(*) from usage"), 0)
            net.equal(d.one("select used + reserved from quota"), 0)


@net.case
def client__that_leaves_finds_its_answer_later():
    with net.FakeOpenAI("--delay-ms", "300") as fake, daemon(fake=fake) as d:
        body = json.dumps({"message": "What is gas?", "session_id": "s"}).encode()
        raw = d.raw()
        raw.send(f"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 f"Idempotency-Key: k\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        net.wait_until("it is stored", lambda: d.one("select count(*) from inbox") == 1)
        raw.reset()
        net.wait_until("it is settled", lambda: d.one("select state from inbox") == 4)
        net.equal(d.one("select state from outbox"), 4, "PARKED")
        with d.client() as c:
            again = c.request("POST", "/api/v1/chat", body, content_type="application/json",
                              idempotency_key="k")
            net.equal(again.status, 200)
        net.equal(fake.count(), 1)
        net.equal(d.one("select count(*) from usage"), 1)


net.main()
