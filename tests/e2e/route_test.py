# SPDX-License-Identifier: Apache-2.0
"""parley route and parley eval: output, exit codes, the figures of the set's own evaluate.py."""
import json
import os
import pathlib
import random
import subprocess
import tempfile

import net

SHARED = pathlib.Path(os.environ.get("PARLEY_ROUTING_DATA", net.ROOT.parent / "shared/data/routing"))


def parley(*args, given=""):
    done = subprocess.run([str(net.PARLEY), *map(str, args), "--set", "policies.dir=policies"], cwd=net.ROOT,
                          capture_output=True, text=True, timeout=120 * net.SLOW, input=given, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
    return done.returncode, done.stdout, done.stderr


@net.case
def route__answers_each_line_in_order():
    lines = [{"id": "a", "prompt": "hi"}, {"id": 7, "prompt": "What is the weather in Rome today?"},
             {"prompt": "", "id": "c"}]
    code, out, err = parley("route", "--jsonl", given="".join(json.dumps(x) + "\n\n" for x in lines))
    net.equal((code, err), (0, ""))
    got = [json.loads(line) for line in out.splitlines()]
    net.equal([g["id"] for g in got], ["a", "7", "c"])
    net.equal([(g["class"], g["needs_live"]) for g in got],
              [("cheap", False), ("research", True), ("balanced", False)])
    for g in got:
        net.equal(set(g), {"id", "score", "needs_live", "class", "reasons"})
        assert 0 <= g["score"] <= 10 and g["reasons"], g


@net.case
def route__explains_one_question():
    code, out, err = parley("route", "--explain", "Compare Bitcoin and Ethereum in depth", "--set",
                            "llm.gemini.api_key=k", "--set", "llm.perplexity.api_key=k")
    net.equal((code, err), (0, ""))
    assert "analysis" in out and "perplexity, gemini, extractive" in out, out
    net.equal(json.loads(parley("route", "--json", "hi")[1])["reasons"], ["greeting"])


@net.case
def route__says_which_line_is_wrong():
    for text, part in (('{"id":"a","prompt":"x"}\n{nonsense\n', "line 2"), ('{"id":"a"}\n', "line 1")):
        code, _, err = parley("route", "--jsonl", given=text)
        net.equal(code, 65, err)
        assert part in err, err
    net.equal(parley("route")[0], 64)
    net.equal(parley("route", "--jsonl", "x")[0], 64)


@net.case
def eval__says_what_is_missing():
    net.equal(parley("eval", "retrieval", ".")[0], 64)
    with tempfile.TemporaryDirectory() as tmp:
        net.equal(parley("eval", "routing", tmp)[0], 66)
        (pathlib.Path(tmp) / "dev.jsonl").write_text('{"prompt": "x"}\nnonsense\n')
        code, _, err = parley("eval", "routing", tmp)
        net.equal(code, 65, err)
        assert "dev.jsonl:2" in err, err
        (pathlib.Path(tmp) / "dev.jsonl").write_text("")
        net.equal(parley("eval", "routing", tmp)[0], 65)


@net.case
def eval__hand_made_lines():
    code, out, err = parley("eval", "routing", "data/eval/routing")
    net.equal(code, 0, err)
    assert out.startswith("chat "), out


@net.case
def eval__semantic_falls_for_no_trap():
    code, out, err = parley("eval", "semantic", "data/eval/semantic", "--quiet")
    net.equal(code, 0, err)
    net.equal(err, "")
    found, false_hits = [line.split() for line in out.splitlines() if line.startswith("all ")]
    net.equal(false_hits[2], "0", out)
    assert int(found[2]) >= 0.75 * int(found[1]), out


@net.case
def eval__semantic_obeys_the_threshold():
    with tempfile.TemporaryDirectory() as tmp:
        net.equal(parley("eval", "semantic", tmp)[0], 66)
        pathlib.Path(tmp, "pairs.jsonl").write_text(
            '{"kind": "k", "same": true, "a": "How much is a visa?", "b": "What does a visa cost?"}\n')
        key = "cache.semantic_threshold"
        all_at = [parley("eval", "semantic", tmp, "--set", f"{key}={n}")[1] for n in (1, 100)]
        net.equal([out.split("all")[1].split()[:2] for out in all_at], [["1", "1"], ["1", "0"]])
        pathlib.Path(tmp, "pairs.jsonl").write_text('{"a": "one"}\n')
        code, _, err = parley("eval", "semantic", tmp)
        net.equal(code, 65)
        assert "pairs.jsonl:1" in err, err


@net.case
def eval__gives_the_figures_of_evaluate_py():
    if not (SHARED / "evaluate.py").exists():
        print(f"# {SHARED} is not here: skipped")
        return
    rng = random.Random(5)
    rows = [json.loads(line) for line in (SHARED / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    mmlu = [r for r in rows if r["source"] == "mmlu"]
    rows = rng.sample(mmlu, 1500) + [r for r in rows if r["source"] != "mmlu"]
    with tempfile.TemporaryDirectory() as tmp:
        dev, scores = pathlib.Path(tmp) / "dev.jsonl", pathlib.Path(tmp) / "scores.tsv"
        dev.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        code, out, err = parley("route", "--jsonl", given=dev.read_text(encoding="utf-8"))
        net.equal(code, 0, err)
        scored = (json.loads(line) for line in out.splitlines())
        scores.write_text("".join(f"{s['id']}\t{s['score']!r}\n" for s in scored), encoding="utf-8")
        theirs = subprocess.run(["python3", SHARED / "evaluate.py", "--data", dev, scores], check=True,
                                capture_output=True, text=True).stdout
        net.equal(parley("eval", "routing", tmp)[1].split(), theirs.split())


net.main()
