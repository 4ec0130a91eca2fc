#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make fit-routing: the weights and percentiles of policies/routing.json, fitted anew.

    fit_routing.py FEATURES_BINARY [DEV.jsonl [POLICY.json [LINES.jsonl ...]]] [--dry-run]

DEV.jsonl holds {"id", "source", "subject", "prompt", "weak", "strong"} per line: what a cheap and a dear
model scored on the prompt. The target is strong - weak; the model is ridge regression over the features that
the daemon itself computes (FEATURES_BINARY), so there is one implementation of them. Before it writes, it
prints what 5-fold cross-validation says, with folds drawn by prompt and, harder, by subject: a whole subject
is then unknown to the model that scores it. needs_live is logistic regression over LINES.jsonl, {"prompt",
"needs_live"} per line; those that also have a "class" steady the score where examinations say nothing.
Standard library only.
"""
import argparse
import importlib.util
import json
import math
import os
import random
import subprocess
import sys

import linear

RIDGE = 3000.0  # of standardised features: strong, since one prompt says next to nothing about its kind
SMALL_SOURCE_WEIGHT = 3.0  # gsm8k has a tenth of the prompts and is half of the macro figure
SMALL_SOURCES = {"gsm8k"}
# A set of examinations holds no chat: lines with a class stand in for it, as if the strong model had gained
# so much. What needs live data is left out, since its class says nothing about how hard it is.
CHAT_GAIN = {"cheap": -0.05, "balanced": -0.02, "research": 0.3}
CHAT_WEIGHT = 5.0
FOLDS = 5
DRAWS = 5  # of folds; one alone is off by up to 0.01
LIVE_RIDGE = 0.5
LIVE_DUE_WEIGHT = 1.5  # of live lines: words that are in no list make a model miss more than it invents
LIVE_EXAMS = 1000  # prompts of DEV.jsonl that count as lines without need of live data ...
LIVE_EXAM_WEIGHT = 0.1  # ... but less than lines of a chat
KNOTS = 11


def load(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def features(binary, rows, *option):
    prompts = "".join(json.dumps({"prompt": r["prompt"]}) + "\n" for r in rows)
    out = subprocess.run([binary, *option], check=True, input=prompts, capture_output=True, text=True).stdout
    return [[float(v) for v in line.split()] for line in out.splitlines()]


def names(binary, option):
    return subprocess.run([binary, option], check=True, capture_output=True, text=True).stdout.split()


def standardise(x):
    n, d = len(x), len(x[0])
    mean = [sum(row[j] for row in x) / n for j in range(d)]
    sd = [math.sqrt(sum((row[j] - mean[j]) ** 2 for row in x) / n) or 1.0 for j in range(d)]
    return mean, sd, [[(v - m) / s for v, m, s in zip(row, mean, sd)] for row in x]


class Moments:
    """Weighted sums from which the regression is solved; a fold is taken out by subtraction."""

    def __init__(self, d):
        self.d = d
        self.gram = [[0.0] * (d + 1) for _ in range(d + 1)]  # the last column is the constant 1
        self.xy = [0.0] * (d + 1)

    def add(self, row, y, w):
        row = row + [1.0]
        for i, v in enumerate(row):
            wv = w * v
            self.xy[i] += wv * y
            g = self.gram[i]
            for j in range(i, self.d + 1):
                g[j] += wv * row[j]

    def minus(self, other):
        out = Moments(self.d)
        out.gram = [[a - b for a, b in zip(r, s)] for r, s in zip(self.gram, other.gram)]
        out.xy = [a - b for a, b in zip(self.xy, other.xy)]
        return out

    def solve(self):
        n = self.d + 1
        a = [[self.gram[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
        for i in range(self.d):
            a[i][i] += RIDGE
        return linear.solve(a, list(self.xy))


def collect(z, gain, fold, weights):
    parts = {k: Moments(len(z[0])) for k in set(fold)}
    for row, y, k, w in zip(z, gain, fold, weights):
        parts[k].add(row, y, w)
    return parts


def total(parts):
    out = None
    for m in parts.values():
        zero = Moments(m.d)
        out = m if out is None else out.minus(zero.minus(m))
    return out


def cross_validate(z, gain, fold, weights):
    """The scores of all rows with a fold; those with none (None) are in every fit. And the sums over all."""
    parts = collect(z, gain, fold, weights)
    whole = total(parts)
    beta = {k: whole.minus(m).solve() for k, m in parts.items() if k is not None}
    return [linear.dot(beta[k], row) for row, k in zip(z, fold) if k is not None], whole


def report(evaluate, rows, scores, title):
    """Of several scores of the same rows: the means of their measures."""
    print(title)
    all_of = [evaluate.report(rows, {r["id"]: v for r, v in zip(rows, score)}) for score in scores]
    for name in all_of[0]:
        mean = [sum(m[name][k] for m in all_of) / len(all_of) for k in ("apgr", "cpt50", "cpt80")]
        print("  %-9s APGR %.3f  CPT50 %.1f  CPT80 %.1f" % (name, *mean))


def folds_by_prompt(rows, rng):
    return [rng.randrange(FOLDS) for _ in rows]


def folds_by_subject(rows, rng):
    """The one subject of a source is cut by prompt: there is no other to learn it from."""
    subjects = sorted({r["subject"] for r in rows})
    rng.shuffle(subjects)
    number = {s: i % FOLDS for i, s in enumerate(subjects)}
    alone = {r["source"] for r in rows if r["source"] in SMALL_SOURCES}
    return [rng.randrange(FOLDS) if r["source"] in alone else number[r["subject"]] for r in rows]


def load_evaluate(path):
    beside = os.path.join(os.path.dirname(path), "evaluate.py")
    spec = importlib.util.spec_from_file_location("evaluate", beside)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def f1(due, said):
    return 2 * sum(d and s for d, s in zip(due, said)) / max(1, sum(due) + sum(said))


def live_folds(x, y, w, rng):
    """What is said of each line by a model that has not seen it."""
    fold, said = [rng.randrange(FOLDS) for _ in y], [False] * len(y)
    for k in range(FOLDS):
        rest = [i for i, f in enumerate(fold) if f != k]
        beta = linear.logistic([x[i] for i in rest], [y[i] for i in rest], [w[i] for i in rest], LIVE_RIDGE)
        for i, f in enumerate(fold):
            said[i] = linear.dot(beta, x[i]) > 0 if f == k else said[i]
    return said


def fit_live(binary, lines, exams, rng):
    """Of the hand-made lines those marked fresh are kept out: nothing was learnt from them."""
    fresh = [r for r in lines if r.get("set") == "fresh"]
    known = [r for r in lines if r.get("set") != "fresh"]
    exams = rng.sample(exams, min(LIVE_EXAMS, len(exams)))
    x = features(binary, known + exams, "--live")
    y = [r["needs_live"] for r in known] + [False] * len(exams)
    w = [LIVE_DUE_WEIGHT if r["needs_live"] else 1.0 for r in known] + [LIVE_EXAM_WEIGHT] * len(exams)
    said = live_folds(x, y, w, rng)
    beta = linear.logistic(x, y, w, LIVE_RIDGE)
    print("needs_live: F1 %.3f of %d lines in %d folds" % (f1(y[: len(known)], said), len(known), FOLDS))
    if fresh:
        said = [linear.dot(beta, row) > 0 for row in features(binary, fresh, "--live")]
        due = [r["needs_live"] for r in fresh]
        print("            F1 %.3f of %d fresh lines" % (f1(due, said), len(fresh)))
    return beta


def quantiles(values):
    s = sorted(values)
    return [s[round(i * (len(s) - 1) / (KNOTS - 1))] for i in range(KNOTS)]


def rounded(keys, values, digits):
    return {k: float("%.*g" % (digits, v)) for k, v in zip(keys, values)}


def write(path, parts):
    with open(path, encoding="utf-8") as f:
        policy = json.load(f)
    policy.update(parts)
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(policy, f, indent=2, ensure_ascii=False)
        f.write("\n")
    os.replace(path + ".new", path)


def fit_score(binary, rows, chat, evaluate, rng):
    x = features(binary, rows + chat)
    _, sd, z = standardise(x)
    gain = [r["strong"] - r["weak"] for r in rows] + [CHAT_GAIN[r["class"]] for r in chat]
    weights = [SMALL_SOURCE_WEIGHT if r["source"] in SMALL_SOURCES else 1.0 for r in rows]
    weights += [CHAT_WEIGHT] * len(chat)
    for folds, title in ((folds_by_prompt, "prompt"), (folds_by_subject, "subject")):
        fold = [folds(rows, rng) + [None] * len(chat) for _ in range(DRAWS)]
        drawn = [cross_validate(z, gain, f, weights) for f in fold]
        report(evaluate, rows, [score for score, _ in drawn],
               "%d folds by %s, mean of %d draws:" % (FOLDS, title, DRAWS))
    beta = [b / s for b, s in zip(drawn[0][1].solve(), sd)]
    raw = [linear.dot(beta, row) for row in x[: len(rows)]]
    report(evaluate, rows, [raw], "on what it was fitted to:")
    return beta, raw


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("binary")
    ap.add_argument("dev", nargs="?", default="../shared/data/routing/dev.jsonl")
    ap.add_argument("policy", nargs="?", default="policies/routing.json")
    ap.add_argument("lines", nargs="*", default=["data/eval/routing/%s.jsonl" % n for n in ("chat", "live")])
    ap.add_argument("--dry-run", action="store_true")
    a = ap.parse_args()
    rows = load(a.dev)
    lines = [r for path in a.lines for r in load(path)]
    live = fit_live(a.binary, lines, rows, random.Random(5))
    chat = [r for r in lines if "class" in r and not r["needs_live"] and r.get("set") != "fresh"]
    beta, raw = fit_score(a.binary, rows, chat, load_evaluate(a.dev), random.Random(3))
    if a.dry_run:
        return
    knots = ["p%d" % (i * 10) for i in range(KNOTS)]
    write(a.policy, {"percentiles": rounded(knots, quantiles(raw), 6),
                     "weights": rounded(names(a.binary, "--names"), beta, 6),
                     "live": rounded(names(a.binary, "--live-names"), live, 4)})
    print("wrote %s" % a.policy)


if __name__ == "__main__":
    main()
