/* SPDX-License-Identifier: Apache-2.0
 *
 * By weight: the first is drawn with its share of all weights, the next of what is left, and so on, so that
 * a fallback is spread by weight as well. By latency: the quickest first; unmeasured ones before all others,
 * and now and then any of them, because a time is only learnt by asking.
 */
#include "pipeline/balance.h"

/* Moves c[from] to the front; those before it keep their order. */
static void to_front(struct balance_candidate *c, size_t from)
{
    struct balance_candidate first = c[from];
    for (size_t i = from; i > 0; i--)
        c[i] = c[i - 1];
    c[0] = first;
}

static void shuffle_weighted(struct balance_candidate *c, size_t n, uint64_t (*below)(uint64_t bound))
{
    for (; n > 1; c++, n--) {
        uint64_t sum = 0;
        size_t i = 0;
        for (size_t k = 0; k < n; k++)
            sum += (uint64_t)c[k].weight;
        uint64_t at = below(sum);
        while (at >= (uint64_t)c[i].weight)
            at -= (uint64_t)c[i++].weight;
        to_front(c, i);
    }
}

static void sort_quickest(struct balance_candidate *c, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        size_t to = i;
        while (to > 0 && c[to - 1].first_text_us > c[i].first_text_us)
            to--;
        to_front(c + to, i - to);
    }
}

void balance_sort(struct balance_candidate *c, size_t n, enum llm_balance how,
                  uint64_t (*below)(uint64_t bound))
{
    if (n < 2)
        return;
    switch (how) {
    case BALANCE_ORDER:
        return;
    case BALANCE_WEIGHT:
        shuffle_weighted(c, n, below);
        return;
    case BALANCE_LATENCY:
        sort_quickest(c, n);
        if (below(BALANCE_EXPLORE) == 0)
            to_front(c, (size_t)below(n));
        return;
    }
}
