#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make fit-routing: the weights and percentiles of policies/routing.json, fitted anew.

    fit_routing.py FEATURES_BINARY [DEV.jsonl [POLICY.json]] [--dry-run]

DEV.jsonl holds {"id", "source", "subject", "prompt", "weak", "strong"} per line: what a cheap and a dear
model scored on the prompt. The target is strong - weak; the model is ridge regression over the features that
the daemon itself computes (FEATURES_BINARY), so there is one implementation of them. Before it writes, it
prints what 5-fold cross-validation says, with folds drawn by prompt and, harder, by subject: a whole subject
is then unknown to the model that scores it. Standard library only.
"""
import argparse
import importlib.util
import json
import math
import os
import random
import subprocess
import sys

RIDGE = 300.0  # of standardised features; 30 to 1000 differ by less than the noise
SMALL_SOURCE_WEIGHT = 3.0  # gsm8k has a tenth of the prompts and is half of the macro figure
SMALL_SOURCES = {"gsm8k"}
FOLDS = 5
KNOTS = 11


def features(binary, path):
    names = subprocess.run([binary, "--names"], check=True, capture_output=True, text=True).stdout.split()
    with open(path, "rb") as f:
        out = subprocess.run([binary], check=True, stdin=f, capture_output=True, text=True).stdout
    return names, [[float(v) for v in line.split()] for line in out.splitlines()]


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
        return gauss(a, list(self.xy))


def gauss(a, b):
    n = len(b)
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(a[r][i]))
        a[i], a[p], b[i], b[p] = a[p], a[i], b[p], b[i]
        for r in range(i + 1, n):
            f = a[r][i] / a[i][i]
            if f:
                a[r] = [x - f * y for x, y in zip(a[r], a[i])]
                b[r] -= f * b[i]
    for i in range(n - 1, -1, -1):
        b[i] = (b[i] - sum(a[i][j] * b[j] for j in range(i + 1, n))) / a[i][i]
    return b


def collect(z, rows, fold, weights):
    parts = {k: Moments(len(z[0])) for k in set(fold)}
    for row, r, k, w in zip(z, rows, fold, weights):
        parts[k].add(row, r["strong"] - r["weak"], w)
    return parts


def total(parts):
    out = None
    for m in parts.values():
        zero = Moments(m.d)
        out = m if out is None else out.minus(zero.minus(m))
    return out


def dot(beta, row):
    return sum(b * v for b, v in zip(beta, row))


def cross_validate(z, rows, fold, weights):
    parts = collect(z, rows, fold, weights)
    whole = total(parts)
    beta = {k: whole.minus(m).solve() for k, m in parts.items()}
    return {r["id"]: dot(beta[k], row) for row, r, k in zip(z, rows, fold)}, whole


def report(evaluate, rows, score, title):
    print(title)
    for name, m in evaluate.report(rows, score).items():
        print("  %-9s APGR %.3f  CPT50 %.1f  CPT80 %.1f" % (name, m["apgr"], m["cpt50"], m["cpt80"]))


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


def quantiles(values):
    s = sorted(values)
    return [s[round(i * (len(s) - 1) / (KNOTS - 1))] for i in range(KNOTS)]


def write(path, names, beta, sd, raw):
    with open(path, encoding="utf-8") as f:
        policy = json.load(f)
    policy["percentiles"] = {"p%d" % (i * 10): float("%.6g" % v) for i, v in enumerate(quantiles(raw))}
    policy["weights"] = {n: float("%.6g" % (b / s)) for n, b, s in zip(names, beta, sd)}
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(policy, f, indent=2, ensure_ascii=False)
        f.write("\n")
    os.replace(path + ".new", path)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("binary")
    ap.add_argument("dev", nargs="?", default="../shared/data/routing/dev.jsonl")
    ap.add_argument("policy", nargs="?", default="policies/routing.json")
    ap.add_argument("--dry-run", action="store_true")
    a = ap.parse_args()
    with open(a.dev, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    names, x = features(a.binary, a.dev)
    _, sd, z = standardise(x)
    weights = [SMALL_SOURCE_WEIGHT if r["source"] in SMALL_SOURCES else 1.0 for r in rows]
    evaluate = load_evaluate(a.dev)
    rng = random.Random(3)
    score, whole = cross_validate(z, rows, [rng.randrange(FOLDS) for _ in rows], weights)
    report(evaluate, rows, score, "5 folds by prompt:")
    score, _ = cross_validate(z, rows, folds_by_subject(rows, rng), weights)
    report(evaluate, rows, score, "5 folds by subject:")
    beta = whole.solve()
    raw = [sum(b / s * v for b, s, v in zip(beta, sd, row)) for row in x]
    report(evaluate, rows, {r["id"]: v for r, v in zip(rows, raw)}, "on what it was fitted to:")
    if not a.dry_run:
        write(a.policy, names, beta, sd, raw)
        print("wrote %s" % a.policy)


if __name__ == "__main__":
    main()
