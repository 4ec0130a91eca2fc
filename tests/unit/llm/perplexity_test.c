/* SPDX-License-Identifier: Apache-2.0
 *
 * The Perplexity provider: what every format must do, and what only this one does.
 */
#define TALK_OPS provider_perplexity
#include "tests/unit/llm/format_cases.h"

#define FIRST "data: {\"citations\":[\"https://a.org/\",\"https://b.org/\"],\"choices\":[]}\n\n"
#define LAST                                                                                                 \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"usage\":{" \
    "\"prompt_tokens\":11,\"completion_tokens\":7,\"num_search_queries\":3,\"cost\":{\"total_cost\":0.006}}" \
    ","                                                                                                      \
    "\"citations\":[\"https://a.org/\"],\"search_results\":[{\"title\":\"A\",\"url\":\"https://a.org/\","    \
    "\"snippet\":\"aa\"},{\"title\":\"B\",\"url\":\"https://b.org/\"}]}\n\n"

static const struct samples s = {
    .type = "text/event-stream",
    .good = ROLE SAY("Hello, ") SAY("w\xC3\xB6rld.") LAST,
    .text = "Hello, w\xC3\xB6rld.",
    .in = 11,
    .out = 7,
    .no_usage = SAY("ok") STOP_("stop"),
    .say = SAY("word "),
    .finish = STOP_("stop"),
    .garbage = "data: {\"choi\n\ndata: 17\n\n",
    .refused = SAY("Half") STOP_("content_filter"),
    .length = SAY("Long") STOP_("length"),
    .error = { "data: {\"error\":{\"type\":\"server_error\",\"code\":503}}\n\n",
               "data: {\"error\":{\"code\":429}}\n\n" },
    .error_end = { LLM_TRANSIENT, LLM_RATE },
    .whole = "{\"choices\":[{\"message\":{\"content\":\"Whole.\"},\"finish_reason\":\"stop\"}]}",
};

static void perplexity__sends_only_what_it_knows_and_alternates(void **state X_UNUSED)
{
    static const struct llm_message talk[] = { { LLM_SYSTEM, "Rules." },
                                               { LLM_USER, "A?" },
                                               { LLM_USER, "B?" } };
    const struct fake_reply reply = reply_of(s.good);
    struct talk t;
    talk_open(&t, &reply, 1);
    t.req.message = talk;
    t.req.messages = ARRAY_LEN(talk);
    talk_run(&t);
    assert_non_null(strstr(t.server.request, "POST /v1/chat/completions "));
    assert_non_null(
        strstr(t.server.request,
               "\r\n\r\n{\"model\":\"m-1\",\"messages\":[{\"role\":\"system\",\"content\":\"Rules.\"},"
               "{\"role\":\"user\",\"content\":\"A?\\n\\nB?\"}],\"stream\":true,\"max_tokens\":64}"));
    talk_close(&t);
}

static void perplexity__cost_and_searches_are_read(void **state X_UNUSED)
{
    const struct fake_reply reply = reply_of(s.good);
    struct talk t;
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.cost_nusd, 6000000);
    assert_int_equal(t.result.searches, 3);
    talk_close(&t);
}

/* With each chunk again, at first as bare addresses: every number once, and once more when it has a title. */
static void perplexity__sources_are_reported_once_each(void **state X_UNUSED)
{
    const struct fake_reply reply = reply_of(FIRST SAY("x [1]") FIRST LAST LAST);
    struct talk t;
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_string_equal(buf_text(&t.cited), "1 https://a.org/||\n2 https://b.org/||\n"
                                            "1 https://a.org/|A|aa\n2 https://b.org/|B|\n");
    talk_close(&t);
}

static void perplexity__hostile_lists_are_bounded(void **state X_UNUSED)
{
    static char body[8192];
    size_t n = (size_t)snprintf(body, sizeof body, "%sdata: {\"citations\":[{},null,7", SAY("x"));
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(body + n, sizeof body - n, ",\"https://%d.org/\"", i);
    snprintf(body + n, sizeof body - n, "],\"search_results\":{\"a\":1}}\n\n%s", STOP_("stop"));
    const struct fake_reply reply = reply_of(body);
    struct talk t;
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_int_equal(strncmp(buf_text(&t.cited), "4 https://0.org/||\n", 19), 0);
    assert_non_null(strstr(buf_text(&t.cited), "\n50 "));
    assert_null(strstr(buf_text(&t.cited), "\n51 "));
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { FORMAT_CASES,
                                        cmocka_unit_test(perplexity__sends_only_what_it_knows_and_alternates),
                                        cmocka_unit_test(perplexity__cost_and_searches_are_read),
                                        cmocka_unit_test(perplexity__sources_are_reported_once_each),
                                        cmocka_unit_test(perplexity__hostile_lists_are_bounded) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
