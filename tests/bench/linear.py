# SPDX-License-Identifier: Apache-2.0
"""For fit_routing.py: linear equations, logistic regression with a ridge. Standard library only."""
import math

NEWTON_STEPS = 12


def solve(a, b):
    """By elimination with pivoting; changes both."""
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


def dot(beta, row):
    return sum(b * v for b, v in zip(beta, row))


def newton_step(x, y, w, beta, ridge):
    """x: rows of (index, value) that are not 0."""
    d = len(beta)
    grad = [ridge * b for b in beta]
    hess = [[ridge if i == j else 0.0 for j in range(d)] for i in range(d)]
    for row, t, weight in zip(x, y, w):
        z = sum(beta[j] * v for j, v in row)
        p = 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
        for i, v in row:
            grad[i] += weight * (p - t) * v
            h, c = hess[i], weight * p * (1 - p) * v
            for j, u in row:
                h[j] += c * u
    return solve(hess, grad)


def logistic(x, y, w, ridge):
    beta = [0.0] * len(x[0])
    sparse = [[(j, v) for j, v in enumerate(row) if v] for row in x]
    for _ in range(NEWTON_STEPS):
        beta = [b - s for b, s in zip(beta, newton_step(sparse, y, w, beta, ridge))]
    return beta
