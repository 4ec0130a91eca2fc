/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole turns with several keys and several providers over real sockets: which key goes out, what is left
 * alone afterwards, who answers when one is slow, and what the metrics say of it.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "gateway/inside.h"
#include "tests/support/fake_llm.h"
#include "tests/support/turn_kit.h"

#define OK                                                                                                   \
    "data: {\"choices\":[{\"delta\":{\"content\":\"Staking ETH locks 32 ETH [1].\"}}]}\n\n"                  \
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

struct world {
    struct kit kit;
    struct fake_llm one, two;
};

static int make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    kit_make(&w->kit);
    *state = w;
    return 0;
}

static int drop(void **state)
{
    struct world *w = *state;
    kit_free(&w->kit);
    free(w);
    return 0;
}

static void serve(struct world *w, struct fake_llm *f, const char *name, const struct fake_reply *reply,
                  size_t replies)
{
    char setting[128];
    assert_int_equal(fake_llm_start(f, reply, replies), 0);
    snprintf(setting, sizeof setting, "llm.%s.base_url=http://127.0.0.1:%d/v1", name, f->port);
    kit_set(&w->kit, setting);
}

/* Asks and says who answered; the text is the kit's. */
static void asks(struct world *w, const char *tag, const char *question, const char *provider)
{
    cJSON *body = NULL;
    struct err err = { "" };
    kit_ask(&w->kit, tag, question);
    const struct kit_entry *e = kit_wait(&w->kit, tag, KIT_ANSWERED);
    if (json_parse(&body, e->text, strlen(e->text), &err))
        fail_msg("%s in %s", err.text, e->text);
    assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(body, "metadata"), "provider", ""),
                        provider);
    cJSON_Delete(body);
}

static void read_metrics(struct kit *k, void *arg)
{
    health_metrics(gateway_host(k->gateway), arg);
}

static void read_health(struct kit *k, void *arg)
{
    health_json(gateway_host(k->gateway), arg);
}

static void says(struct world *w, void (*read)(struct kit *k, void *arg), const char *part)
{
    struct buf out = BUF_INIT(1U << 20);
    kit_on_loop(&w->kit, read, &out);
    if (!strstr(buf_text(&out), part))
        fail_msg("no %s in\n%s", part, buf_text(&out));
    assert_null(strstr(buf_text(&out), "sk-"));
    buf_free(&out);
}

static void keys__a_limited_one_is_followed_by_the_next_and_left_alone(void **state)
{
    static const struct fake_reply reply[] = {
        { .status = "429 Too Many Requests", .header = "Retry-After: 60\r\n", .body = "{}" },
        { .body = OK },
    };
    struct world *w = *state;
    serve(w, &w->one, "openai", reply, ARRAY_LEN(reply));
    kit_set(&w->kit, "llm.openai.api_key=sk-one, sk-two");
    kit_start(&w->kit);
    asks(w, "1", "How do I stake ETH?", "openai");
    assert_non_null(strstr(w->one.request, "Authorization: Bearer sk-two\r\n"));
    asks(w, "2", "How do I unstake ETH?", "openai");
    assert_non_null(strstr(w->one.request, "Authorization: Bearer sk-two\r\n")); /* not its turn, but alone */
    says(w, read_metrics, "parley_provider_up{provider=\"openai\",key=\"1\"} 0\n");
    says(w, read_metrics, "parley_provider_up{provider=\"openai\",key=\"2\"} 1\n");
    says(w, read_health,
         "{\"name\":\"llm.openai\",\"status\":\"degraded\",\"detail\":\"waiting is key 1 for ");
    kit_stop(&w->kit);
    fake_llm_stop(&w->one);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from llm_attempt where outcome = 'rate'"), 1);
    assert_int_equal(kit_counts(&w->kit).attempts, 3);
    assert_int_equal(kit_counts(&w->kit).usage, 2);
}

static void keys__the_only_one_is_waited_for_by_whoever_comes(void **state)
{
    static const struct fake_reply reply[] = {
        { .status = "429 Too Many Requests", .header = "retry-after-ms: 300\r\n", .body = "{}" },
        { .body = OK },
    };
    struct world *w = *state;
    serve(w, &w->one, "openai", reply, ARRAY_LEN(reply));
    kit_set(&w->kit, "llm.openai.api_key=sk-one");
    kit_start(&w->kit);
    kit_ask(&w->kit, "1", "How do I stake ETH?");
    while (atomic_load(&w->one.served) == 0)
        sched_yield();
    asks(w, "2", "How do I unstake ETH?", "openai");
    kit_wait(&w->kit, "1", KIT_ANSWERED);
    kit_stop(&w->kit);
    fake_llm_stop(&w->one);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from usage where provider = 'openai'"), 2);
}

static void keys__all_refused_leaves_the_documents(void **state)
{
    static const struct fake_reply refused = { .status = "401 Unauthorized", .body = "{}" };
    struct world *w = *state;
    serve(w, &w->one, "openai", &refused, 1);
    kit_set(&w->kit, "log.level=off");
    kit_set(&w->kit, "llm.openai.api_key=sk-one sk-two sk-three sk-four");
    kit_start(&w->kit);
    asks(w, "1", "How do I stake ETH?", "extractive");
    asks(w, "2", "How do I unstake ETH?", "extractive");
    says(w, read_metrics, "parley_provider_key_disabled{provider=\"openai\",key=\"4\"} 1\n");
    says(w, read_health, "\"status\":\"down\",\"detail\":\"refused is key 1, refused is key 2, ");
    kit_stop(&w->kit);
    fake_llm_stop(&w->one);
    assert_int_equal(kit_counts(&w->kit).attempts, 4); /* each once, however small the budget of retries */
}

static void hedge__a_silent_provider_is_overtaken(void **state)
{
    static const struct fake_reply hang = { .silent = true, .end = FAKE_HANG }, ok = { .body = OK };
    struct world *w = *state;
    serve(w, &w->one, "slow", &hang, 1);
    serve(w, &w->two, "quick", &ok, 1);
    kit_set(&w->kit, "llm.order=slow,quick");
    kit_set(&w->kit, "llm.hedge_ms=20");
    kit_start(&w->kit);
    asks(w, "1", "How do I stake ETH?", "quick");
    says(w, read_metrics, "parley_hedges_won_total{provider=\"quick\"} 1\n");
    says(w, read_metrics, "parley_provider_attempts_total{provider=\"slow\",outcome=\"cancelled\"} 1\n");
    says(w, read_metrics, "parley_provider_up{provider=\"slow\",key=\"1\"} 1\n");
    kit_stop(&w->kit);
    fake_llm_stop(&w->one);
    fake_llm_stop(&w->two);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from llm_attempt where outcome = 'cancelled' and "
                                      "provider = 'slow' and tokens_in > 0"),
                     1);
    assert_int_equal(kit_counts(&w->kit).usage, 1);
    assert_int_equal(kit_counts(&w->kit).attempts_open, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keys__a_limited_one_is_followed_by_the_next_and_left_alone),
        CASE(keys__the_only_one_is_waited_for_by_whoever_comes),
        CASE(keys__all_refused_leaves_the_documents),
        CASE(hedge__a_silent_provider_is_overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
