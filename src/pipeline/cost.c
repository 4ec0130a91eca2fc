/* SPDX-License-Identifier: Apache-2.0
 *
 * Prices times use, in integers. A provider's numbers are not trusted to be sane: nothing overflows, and no
 * single call is booked above COST_MAX.
 */
#include "pipeline/cost.h"

#include <string.h>

static bool is_date(const char *text)
{
    static const char digits[] = "0123456789";
    size_t n = strspn(text, digits);
    return n == 8 && (text[n] == '\0' || text[n] == '-');
}

/* How many bytes of `model` this listed name accounts for; 0 = it is another model. */
static size_t matches(const char *listed, const char *model)
{
    size_t n = strlen(listed);
    if (strncmp(listed, model, n) != 0)
        return 0;
    const char *rest = model + n;
    return rest[0] == '\0' || rest[0] == '-' || rest[0] == '@' || is_date(rest) ? n : 0;
}

const struct price *cost_price(const struct policies *p, const char *model)
{
    const struct price *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < p->prices.n; i++) {
        size_t n = matches(p->prices.at[i].model, model);
        if (n <= longest)
            continue;
        longest = n;
        best = &p->prices.at[i];
    }
    return best;
}

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

static int64_t sum_add(int64_t sum, int64_t n, int64_t each)
{
    int64_t part;
    if (__builtin_mul_overflow(at_least_0(n), each, &part) || __builtin_add_overflow(sum, part, &sum) ||
        sum > COST_MAX)
        return COST_MAX;
    return sum;
}

int64_t cost_of(const struct price *price, const struct cost_use *use)
{
    if (!price)
        return COST_UNKNOWN;
    int64_t in = at_least_0(use->tokens_in), cached = at_least_0(use->cached_in);
    if (cached > in)
        cached = in;
    int64_t sum = sum_add(0, in - cached, price->in_nusd);
    sum = sum_add(sum, cached, price->cached_nusd);
    sum = sum_add(sum, use->tokens_out, price->out_nusd);
    sum = sum_add(sum, use->requests, price->request_nusd);
    return sum_add(sum, use->searches, price->search_nusd);
}

bool cost_is_free(const struct config_provider *c, const struct price *price)
{
    return strcmp(c->format, "extractive") == 0 || (!price && strcmp(c->format, "ollama") == 0);
}

int64_t cost_of_result(const struct policies *p, const struct config_provider *c, const struct llm_result *r,
                       int64_t in, int64_t out)
{
    const struct price *price = cost_price(p, c->model);
    if (r->cost_nusd > 0)
        return r->cost_nusd < COST_MAX ? r->cost_nusd : COST_MAX;
    if (cost_is_free(c, price))
        return 0;
    return cost_of(price, &(struct cost_use){ .tokens_in = in,
                                              .tokens_out = out,
                                              .cached_in = r->cached_in,
                                              .requests = 1,
                                              .searches = r->searches });
}

int64_t cost_estimate(const struct policies *p, const struct config_provider *c, int64_t prompt_tokens)
{
    const struct price *price = cost_price(p, c->model);
    if (cost_is_free(c, price))
        return 0;
    return cost_of(price, &(struct cost_use){ .tokens_in = prompt_tokens,
                                              .tokens_out = c->max_tokens,
                                              .requests = 1,
                                              .searches = COST_SEARCHES });
}
