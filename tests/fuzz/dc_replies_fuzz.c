/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of REST: a line with the status, lines "name: value" of headers up to an empty one, then the body.
 * Whatever it is, it has a meaning whose members are in range, and a sentence for the log that is one line
 * and holds nothing like a token; the books of limits take it and go on.
 */
#include <errno.h>

#include "adapters/discord/limits.h"
#include "tests/fuzz/dc_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rate(const struct dc_rate *r)
{
    must(r->limit >= -1 && r->remaining >= -1, "counts are counts");
    must(r->reset_after_ms >= -1 && r->reset_after_ms <= DC_WAIT_MAX_MS, "a reset is within a day");
    must(r->retry_after_ms >= -1 && r->retry_after_ms <= DC_WAIT_MAX_MS, "a wait is within a day");
    must(memchr(r->bucket, '\0', sizeof r->bucket) != NULL, "a name ends");
}

static void check_reply(const struct dc_reply *r)
{
    size_t word = 0;

    must(r->end >= DC_OK && r->end <= DC_BAD, "an answer has a meaning");
    must(memchr(r->detail, '\0', sizeof r->detail) != NULL, "a detail ends");
    for (const char *at = r->detail; *at; at++) {
        must(*at >= ' ' && *at < 0x7F, "a detail is printable ASCII");
        word = *at == ' ' ? 0 : word + 1;
        must(word <= 120, "a detail holds no token");
    }
    must(!strstr(r->detail, "://"), "a detail holds no address");
    must((r->end == DC_LIMITED) == (r->retry_after_ms > 0), "a limit says how long");
    must(r->retry_after_ms <= DC_WAIT_MAX_MS, "and it is bounded");
    check_id(r->id);
    must(r->end == DC_OK || !r->id[0], "only what was made has an id");
}

/* Two calls of the kind: never both at once while nothing is known, and in the end both went. */
static void check_limits(const struct dc_rate *rate, const struct dc_reply *reply)
{
    struct dc_limits l;
    struct dc_ticket t;
    struct dc_route r;
    int64_t now = 1000, due;

    dc_limits_init(&l);
    must(dc_route(&r, DC_CALL_CREATE_MESSAGE, "5", NULL, NULL) == 0, "a route");
    for (int i = 0; i < 3; i++) {
        int rc = dc_limits_take(&l, &r, now, &t, &due);

        if (rc == X_E_BUSY) {
            must(due > now && due <= now + 2 * DC_WAIT_MAX_MS, "a wait has an end");
            now = due;
            rc = dc_limits_take(&l, &r, now, &t, &due);
        }
        must(rc == 0, "what waited goes");
        dc_limits_done(&l, &t, &r, rate, reply, now);
    }
    dc_limits_free(&l);
}

static bool line(struct str *rest, struct str *out)
{
    return str_cut(rest, '\n', out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size }, head, name, value;
    struct dc_gateway_bot bot;
    struct dc_reply reply;
    struct dc_rate rate;
    int64_t status = 0;

    dc_rate_init(&rate);
    if (line(&rest, &head))
        (void)str_int(head, 0, 999, &status);
    while (rest.at && line(&rest, &head) && head.len > 0) {
        value = head;
        if (str_cut(&value, ':', &name) && value.at)
            dc_rate_header(&rate, name, value);
    }
    check_rate(&rate);
    memset(&reply, 0x5A, sizeof reply);
    dc_reply_read((int)status, &rate, rest.at ? rest.at : "", rest.len, &reply);
    check_reply(&reply);
    check_limits(&rate, &reply);
    if (dc_gateway_bot_read(rest.at ? rest.at : "", rest.len, &bot, NULL) == 0)
        must(bot.url[0] && bot.shards >= 1 && bot.max_concurrency >= 1 && bot.remaining >= 0,
             "a gateway is one");
    return 0;
}
