# SPDX-License-Identifier: Apache-2.0
"""The command line as a person or a script meets it: output, errors with their place, sysexits codes."""
import json
import pathlib
import stat
import subprocess
import tempfile

import net

SETS = {"consent.region": "none"}


def parley(*args, env=None):
    done = subprocess.run([str(net.PARLEY), *map(str, args)], cwd=net.ROOT, capture_output=True, text=True,
                          timeout=60 * net.SLOW, stdin=subprocess.DEVNULL, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **(env or {})})
    return done.returncode, done.stdout, done.stderr


@net.case
def help__and_version_go_to_stdout():
    for args in (("help",), ("--help",), ("help", "serve"), ("serve", "--help"), ("help", "config"),
                 ("version",), ("--version",)):
        code, out, err = parley(*args)
        net.equal((code, err), (0, ""), args)
        assert out, args
    assert json.loads(parley("version", "--json")[1])["name"] == "parley"


@net.case
def usage_errors__are_64_and_name_the_thing():
    for args, part in (((), "Usage"), (("nonsense",), "nonsense"), (("--wat",), "--wat"),
                       (("ask",), "usage: parley ask"),
                       (("search", "x", "-k", "0"), "-k"), (("serve", "extra"), "usage: parley serve"),
                       (("--set",), "--set")):
        code, _, err = parley(*args)
        net.equal(code, 64, (args, err))
        assert part in err, (args, err)


@net.case
def check_config__prints_what_holds_and_masks_secrets():
    with tempfile.TemporaryDirectory() as tmp:
        path = pathlib.Path(tmp) / "parley.json"
        path.write_text('{\n  // a comment\n  "server": { "listen": "127.0.0.1:9999" },\n'
                        '  "llm": { "openai": { "api_key": "sk-secret-123456" } }\n}\n')
        code, out, err = parley("check-config", "--config", path, env={"PARLEY_DRAIN_MS": "1234"})
        net.equal(code, 0, err)
        conf = json.loads(out)
        net.equal(conf["server"]["listen"], "127.0.0.1:9999")
        assert "sk-secret" not in out + err
        for text, where in (('{\n  "server": {\n    "listn": 1\n  }\n}', "3:5: server.listn: unknown key"),
                            ('{ "drain_ms": "x" }', "1:15"), ('{ "drain_ms": }', "1:15"),
                            ('{ "drain_ms": -1 }', "1:15"), ('{ "a": 1, "a": 2 }', "1:11")):
            path.write_text(text)
            code, out, err = parley("check-config", "--config", path)
            net.equal((code, out), (78, ""), err)
            assert f"parley.json:{where}" in err, err
        net.equal(parley("check-config", "--config", "/nonexistent.json")[0], 66)


@net.case
def serve__says_why_it_cannot():
    with net.Daemon(sets=SETS) as d:
        code, _, err = d.run("serve")
        net.equal(code, 75, err)
        assert str(d.state) in err and str(d.process.pid) in err, err
        with tempfile.TemporaryDirectory() as tmp:
            code, _, err = parley("serve", "--state", tmp, "--set", f"server.listen=127.0.0.1:{d.port}")
            net.equal(code, 69, err)
            assert str(d.port) in err, err


@net.case
def index__is_incremental_and_search_finds():
    with tempfile.TemporaryDirectory() as tmp:
        docs, state = pathlib.Path(tmp) / "docs", pathlib.Path(tmp) / "state"
        docs.mkdir()
        (docs / "a.md").write_text("# Otters\n\nOtters hold hands when they sleep in the river.\n")
        (docs / "b.txt").write_text("Badgers dig long tunnels under the hill.\n")
        run = lambda *a: parley(*a, "--state", state, "--json")  # noqa: E731
        one = json.loads(run("index", docs)[1])
        net.equal((one["added"], one["failed"]), (2, 0))
        two = json.loads(run("index", docs)[1])
        net.equal((two["added"], two["unchanged"], two["generation"]), (0, 2, one["generation"]))
        (docs / "b.txt").unlink()
        (docs / "a.md").write_text("# Otters\n\nOtters juggle stones for fun.\n")
        three = json.loads(run("index", docs)[1])
        net.equal((three["changed"], three["removed"]), (1, 1))
        hits = json.loads(run("search", "what do otters juggle")[1])
        assert "juggle stones" in hits[0]["text"] and hits[0]["source"] == "a.md", hits
        net.equal(json.loads(run("search", "badgers tunnels")[1]), [])
        (docs / "bad.md").write_bytes(b"\xff\xfe\x00broken")
        code, out, err = run("index", docs)
        net.equal(code, 65)
        assert "bad.md" in err and json.loads(out)["failed"] == 1, (out, err)
        net.equal(parley("index", "/nonexistent-dir", "--state", state)[0], 66)


@net.case
def ask__answers_alone_and_beside_a_running_daemon():
    d = net.Daemon(sets=SETS)
    net.equal(d.run("index", "data/knowledge")[0], 0)
    code, out, err = d.run("ask", "How do I stake ETH?")
    net.equal(code, 0, err)
    assert "32 ETH" in out and "Sources:" in out, out
    for name in ("identity.key", "seal.key", "parley.db"):
        net.equal(stat.S_IMODE((d.state / name).stat().st_mode), 0o600, name)
    with d:
        code, out, err = d.run("ask", "What is a seed phrase?", "--json")
        net.equal(code, 0, err)
        body = json.loads(out)
        assert body["sources"] and body["metadata"]["provider"] == "extractive"


@net.case
def providers__shows_price_and_spend_and_no_key():
    key = "sk-very-secret"
    sets = {**SETS, "llm.order": "openai,own", "llm.openai.api_key": key,
            "llm.own.base_url": "http://127.0.0.1:9/v1", "llm.own.model": "nobody-lists-it"}
    d = net.Daemon(sets=sets)
    code, out, err = d.run("providers", "--json")  # before the first start: nothing is known
    net.equal(code, 0, err)
    net.equal(json.loads(out)["spent_today_usd"], None)
    with d:
        code, out, err = d.run("providers", "--json")
        net.equal(code, 0, err)
        assert key not in out + err
        body = json.loads(out)
        at = {p["name"]: p for p in body["providers"]}
        net.equal(list(at), ["openai", "own", "extractive"])
        net.equal([at[n]["priced"] for n in at], [True, False, True])
        net.equal([at["openai"]["api_keys"], at["own"]["api_keys"]], [["***"], []])
        net.equal([body["spent_month_usd"], at["openai"]["spent_today_usd"]], [0, 0])
        code, out, err = d.run("providers")
        net.equal(code, 0, err)
        assert "unpriced" in out and "0.15/0.6" in out and key not in out, out


@net.case
def providers__asks_the_running_daemon_how_they_are():
    with net.FakeOpenAI() as fake:
        fake.script("*", b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}")
        d = net.Daemon(sets={**SETS, "llm.order": "openai", "llm.openai.api_key": "sk-1",
                             "llm.openai.base_url": f"http://127.0.0.1:{fake.port}/v1"})
        with d, d.client() as c:
            listen = f"server.listen=127.0.0.1:{d.port}"

            def of(name):
                body = json.loads(d.run("providers", "--json", "--set", listen)[1])
                return {p["name"]: p for p in body["providers"]}[name]

            net.equal([of("openai")["state"], of("extractive")["state"]], ["ok", "ok"])
            net.equal(c.ask("How do I stake ETH?").json()["metadata"]["provider"], "extractive")
            net.equal(of("openai")["state"], "down")
            assert "key" in of("openai")["state_detail"], of("openai")
            code, out, err = d.run("providers", "--set", listen)
            net.equal(code, 0, err)
            assert "down" in out and "sk-1" not in out, out
            d.term()
            net.equal(of("openai")["state"], None)  # nobody to ask


@net.case
def providers__tells_keys_apart_by_their_ends():
    keys = ["sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaa1111", "sk-bbbbbbbbbbbbbbbbbbbbbbbbbbbb2222"]
    d = net.Daemon(sets={**SETS, "llm.order": "openai"}, env={"OPENAI_API_KEY": ", ".join(keys)})
    code, out, err = d.run("providers", "--json")
    net.equal(code, 0, err)
    net.equal(json.loads(out)["providers"][0]["api_keys"], ["***1111", "***2222"])
    code, out, err = d.run("providers")
    assert "2 keys" in out and "2 ***2222" in out and "aaaa1" not in out, out


@net.case
def doctor__finds_what_is_missing():
    with tempfile.TemporaryDirectory() as tmp:
        code, out, err = parley("doctor", "--state", tmp, "--json")
        net.equal(code, 0, err)
        checks = {c["check"]: c for c in json.loads(out)}
        net.equal(checks["knowledge"]["status"], "advice")
        code, out, err = parley("doctor", "--state", tmp, "--set", "policies.dir=/nonexistent")
        net.equal(code, 69, out)
        assert "broken" in out and "/nonexistent" in out, out


net.main()
