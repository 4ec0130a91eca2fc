/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole turns with a model behind them that misbehaves: what may leave, what must not, who answers instead,
 * and what the ledger says afterwards.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/support/fake_llm.h"
#include "tests/support/turn_kit.h"

#define DELTA(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE       "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":30}}\n\n"
#define END         STOP USAGE "data: [DONE]\n\n"

struct world {
    struct kit kit;
    struct fake_llm model;
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

static void begin(struct world *w, const struct fake_reply *reply, size_t replies)
{
    char setting[128];
    assert_int_equal(fake_llm_start(&w->model, reply, replies), 0);
    snprintf(setting, sizeof setting, "llm.openai.base_url=http://127.0.0.1:%d/v1", w->model.port);
    kit_set(&w->kit, setting);
    kit_set(&w->kit, "llm.openai.api_key=sk-test");
    kit_start(&w->kit);
}

static void end(struct world *w)
{
    kit_stop(&w->kit);
    fake_llm_stop(&w->model);
}

static cJSON *body_of(struct world *w, const char *tag)
{
    cJSON *body = NULL;
    struct err err = { "" };
    const struct kit_entry *e = kit_wait(&w->kit, tag, KIT_ANSWERED);
    if (json_parse(&body, e->text, strlen(e->text), &err))
        fail_msg("%s in %s", err.text, e->text);
    return body;
}

static const char *provider_of(const cJSON *body)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(body, "metadata"), "provider", "");
}

static bool warned(const cJSON *body, const char *code)
{
    const cJSON *one, *v = cJSON_GetObjectItemCaseSensitive(body, "validation");
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(
                                v, "warnings")) if (strcmp(one->valuestring, code) == 0) return true;
    return false;
}

static void model__answers_with_usage_and_a_ledger_row(void **state)
{
    static const struct fake_reply ok = { .body = DELTA("Staking ETH means locking ")
                                              DELTA("32 ETH in a validator [1]. Pools")
                                                  DELTA(" need less [1].") END };
    struct world *w = *state;
    begin(w, &ok, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    assert_string_equal(provider_of(body), "openai");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(body, "sources")), 1);
    char *heard = kit_heard(&w->kit, "q");
    assert_string_equal(heard, json_text(body, "answer", ""));
    assert_true(kit_count(&w->kit, "q", KIT_SENTENCE) >= 2);
    free(heard);
    cJSON_Delete(body);
    end(w);
    assert_int_equal(kit_sql(&w->kit, "select tokens_in from usage"), 120);
    assert_int_equal(kit_sql(&w->kit, "select tokens_out from usage"), 30);
    assert_true(kit_sql(&w->kit, "select cost_nusd from usage") > 0);
    assert_int_equal(
        kit_sql(&w->kit, "select count(*) from llm_attempt where outcome = 'ok' and tokens_in = 120"), 1);
}

static void model__never_sees_personal_data_and_the_person_gets_it_back(void **state)
{
    static const struct fake_reply echo = { .body = DELTA("I will write to <EMA")
                                                DELTA("IL_1> and call <phone_1>")
                                                    DELTA(" today. Not to <EMAIL_2>.") END };
    struct world *w = *state;
    begin(w, &echo, 1);
    kit_ask(&w->kit, "q",
            "Write to anna.k@example.org, my phone is +49 151 23456789 and card 4111 1111 1111 1111.");
    cJSON *body = body_of(w, "q");
    const char *answer = json_text(body, "answer", "");
    assert_non_null(strstr(answer, "anna.k@example.org"));
    assert_non_null(strstr(answer, "+49 151 23456789"));
    assert_non_null(strstr(answer, "<EMAIL_2>")); /* nobody's: stays what it is */
    assert_null(strstr(w->model.request, "anna.k"));
    assert_null(strstr(w->model.request, "23456789"));
    assert_null(strstr(w->model.request, "4111 1")); /* four digits alone may be its port */
    assert_non_null(strstr(w->model.request, "<EMAIL_1>"));
    cJSON_Delete(body);
    end(w);
    assert_int_equal(
        kit_sql(&w->kit, "select count(*) from turn where question like '%anna%' or answer like '%anna%'"),
        0);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from pseudonym where sealed like '%anna%'"), 0);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from pseudonym"), 3);
}

static void model__keeps_the_number_of_a_value_in_the_conversation(void **state)
{
    static const struct fake_reply echo = { .body = DELTA("Noted <EMAIL_1> and <EMAIL_2>.") END };
    struct world *w = *state;
    begin(w, &echo, 1);
    kit_say(&w->kit, &(struct loopback_message){
                         .tag = "1", .text = "Mail one@example.org", .user = "u", .conversation = "c" });
    cJSON *first = body_of(w, "1");
    kit_say(&w->kit, &(struct loopback_message){ .tag = "2",
                                                 .text = "And two@example.org, not one@example.org",
                                                 .user = "u",
                                                 .conversation = "c" });
    cJSON *second = body_of(w, "2");
    assert_non_null(strstr(json_text(first, "answer", ""), "one@example.org and <EMAIL_2>"));
    assert_non_null(strstr(json_text(second, "answer", ""), "one@example.org and two@example.org"));
    assert_non_null(strstr(w->model.request, "Mail <EMAIL_1>")); /* the history, redacted */
    kit_say(&w->kit,
            &(struct loopback_message){ .tag = "3", .text = "Who am I?", .user = "v", .conversation = "d" });
    cJSON *other = body_of(w, "3");
    assert_null(
        strstr(json_text(other, "answer", ""), "example.org")); /* another conversation gets nothing back */
    cJSON_Delete(first);
    cJSON_Delete(second);
    cJSON_Delete(other);
    end(w);
}

/* The answer, cut into two deltas at every place. */
static char *split_reply(const char *text, size_t at)
{
    struct buf b = BUF_INIT(65536);
    const size_t part[2][2] = { { 0, at }, { at, strlen(text) - at } };
    for (size_t i = 0; i < 2; i++) {
        buf_adds(&b, "data: {\"choices\":[{\"delta\":{\"content\":");
        buf_json_string(&b, text + part[i][0], part[i][1]);
        buf_adds(&b, "}}]}\n\n");
    }
    buf_adds(&b, END);
    return buf_steal(&b);
}

static void model__no_unvalidated_byte_leaves_wherever_the_stream_is_split(void **state)
{
    static const char text[] =
        "Staking is simple. This pool offers guaranteed returns to all. Mail scam@evil.example now. Done.";
    static struct fake_reply reply[sizeof text];
    static char *body[sizeof text];
    struct world *w = *state;
    size_t n = sizeof text - 1;
    char tag[16];
    for (size_t i = 0; i < n; i++)
        reply[i].body = body[i] = split_reply(text, i);
    kit_set(&w->kit, "tiers.default=ENTERPRISE");
    begin(w, reply, n);
    for (size_t i = 0; i < n; i++) {
        char question[64];
        snprintf(tag, sizeof tag, "%zu", i);
        snprintf(question, sizeof question, "Is staking pool %zu safe?", i);
        kit_ask(&w->kit, tag, question);
        cJSON *answer = body_of(w, tag);
        assert_string_equal(provider_of(answer), "openai");
        assert_true(warned(answer, "danger_phrase"));
        assert_true(warned(answer, "foreign_personal_data"));
        cJSON_Delete(answer);
    }
    for (size_t i = 0; i < w->kit.entries; i++) {
        assert_null(strcasestr(w->kit.entry[i].text, "guaranteed returns"));
        assert_null(strcasestr(w->kit.entry[i].text, "scam@evil"));
    }
    end(w);
    for (size_t i = 0; i < n; i++)
        free(body[i]);
}

static void model__that_dies_mid_sentence_is_replaced_whole(void **state)
{
    static const struct fake_reply cut = { .body = DELTA("Half an answer. And then the mod"),
                                           .end = FAKE_RESET };
    struct world *w = *state;
    begin(w, &cut, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    char *heard = kit_heard(&w->kit, "q");
    assert_string_equal(provider_of(body), "extractive");
    assert_true(warned(body, "provider_fallback"));
    assert_null(strstr(json_text(body, "answer", ""), "Half"));
    assert_string_equal(heard, json_text(body, "answer", ""));
    assert_int_equal(kit_count(&w->kit, "q", KIT_ANSWERED), 1);
    assert_true(kit_count(&w->kit, "q", KIT_RESTART) <= 1);
    free(heard);
    cJSON_Delete(body);
    end(w);
    assert_int_equal(kit_counts(&w->kit).usage, 1);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from llm_attempt where outcome <> 'ok'"), 1);
}

static void model__faults_end_in_the_next_provider(void **state)
{
    static const struct fake_reply fault[] = {
        { .status = "429 Too Many Requests",
          .header = "Retry-After: 1\r\n",
          .type = "application/json",
          .body = "{}" },
        { .status = "500 Internal Server Error", .body = "<html>" },
        { .status = "200 OK", .body = "data: {broken\n\ndata: [DONE]\n\n" },
        { .body = "data: {\"error\":{\"message\":\"overloaded\",\"code\":\"server_error\"}}\n\n" },
    };
    struct world *w = *state;
    char tag[8], question[64];
    begin(w, fault, ARRAY_LEN(fault));
    for (size_t i = 0; i < ARRAY_LEN(fault); i++) {
        snprintf(tag, sizeof tag, "%zu", i);
        snprintf(question, sizeof question, "How do I stake ETH, try %zu?", i);
        kit_ask(&w->kit, tag, question);
        cJSON *body = body_of(w, tag);
        assert_string_equal(provider_of(body), "extractive");
        assert_true(warned(body, "provider_fallback"));
        cJSON_Delete(body);
    }
    end(w);
    assert_int_equal(kit_counts(&w->kit).usage, ARRAY_LEN(fault));
    assert_true(kit_counts(&w->kit).attempts >=
                (int64_t)ARRAY_LEN(fault)); /* what may pass by itself is tried again */
    assert_int_equal(kit_counts(&w->kit).attempts_open, 0);
}

static void model__a_fault_that_passes_is_asked_again(void **state)
{
    static const struct fake_reply passing[] = {
        { .status = "503 Service Unavailable", .body = "busy" },
        { .status = "429 Too Many Requests", .header = "retry-after-ms: 300\r\n", .body = "{}" },
        { .body = DELTA("Staking ETH means locking 32 ETH in a validator [1].") END },
    };
    struct world *w = *state;
    begin(w, passing, ARRAY_LEN(passing));
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    assert_string_equal(provider_of(body), "openai");
    assert_false(warned(body, "provider_fallback"));
    assert_int_equal(kit_count(&w->kit, "q", KIT_ANSWERED), 1);
    cJSON_Delete(body);
    end(w);
    assert_int_equal(kit_counts(&w->kit).attempts, 3);
    assert_int_equal(kit_counts(&w->kit).usage, 1);
}

static void model__too_long_a_prompt_is_trimmed(void **state)
{
    static const struct fake_reply reply[] = {
        { .body = DELTA("Gas is a fee [1].") END },
        { .status = "400 Bad Request",
          .type = "application/json",
          .body = "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"too long\"}}" },
        { .body = DELTA("Staking ETH means locking 32 ETH in a validator [1].") END },
    };
    struct world *w = *state;
    begin(w, reply, ARRAY_LEN(reply));
    kit_say(&w->kit, &(struct loopback_message){
                         .tag = "1", .text = "What is gas in zanzibar?", .user = "u", .conversation = "c" });
    cJSON *body = body_of(w, "1");
    cJSON_Delete(body);
    for (size_t i = 0; i < 3; i++) { /* one more remark than fits is left after a halving */
        char tag[16];
        snprintf(tag, sizeof tag, "s%zu", i);
        kit_say(&w->kit, &(struct loopback_message){
                             .tag = tag, .text = "How do I stake ETH?", .user = "u", .conversation = "c" });
        body = body_of(w, tag);
        assert_string_equal(provider_of(body), "openai");
        assert_int_equal(warned(body, "context_trimmed"), i == 0);
        if (i == 0)
            assert_null(strstr(w->model.request, "zanzibar")); /* the oldest remark went */
        cJSON_Delete(body);
    }
    end(w);
    assert_int_equal(kit_counts(&w->kit).usage, 4);
    assert_int_equal(kit_counts(&w->kit).attempts, 5);
}

static void model__that_asks_for_too_long_a_wait_is_not_waited_for(void **state)
{
    static const struct fake_reply later = { .status = "429 Too Many Requests",
                                             .header = "Retry-After: 60\r\n",
                                             .body = "{}" };
    struct world *w = *state;
    begin(w, &later, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    assert_string_equal(provider_of(body), "extractive");
    cJSON_Delete(body);
    end(w);
    assert_int_equal(kit_counts(&w->kit).attempts, 1);
}

static void model__drain_during_a_pause_gives_the_message_back(void **state)
{
    static const struct fake_reply later = { .status = "429 Too Many Requests",
                                             .header = "Retry-After: 4\r\n",
                                             .body = "{}" };
    struct world *w = *state;
    kit_set(&w->kit, "drain_ms=100");
    begin(w, &later, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    while (atomic_load(&w->model.served) == 0)
        sched_yield();
    end(w);
    assert_string_equal(kit_wait(&w->kit, "q", KIT_FAILED)->text, "draining");
    assert_int_equal(kit_counts(&w->kit).inbox[INBOX_RECEIVED], 1);
}

static void model__that_hangs_is_left_in_time(void **state)
{
    static const struct fake_reply hang = { .silent = true, .end = FAKE_HANG };
    struct world *w = *state;
    kit_set(&w->kit, "llm.openai.first_byte_ms=300");
    begin(w, &hang, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    assert_string_equal(provider_of(body), "extractive");
    cJSON_Delete(body);
    end(w);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from llm_attempt where outcome = 'timeout_first'"), 1);
}

static void model__drain_gives_the_message_back_and_the_next_start_answers_it(void **state)
{
    static const struct fake_reply hang = { .body = DELTA("Wait"), .end = FAKE_HANG };
    struct world *w = *state;
    kit_set(&w->kit, "drain_ms=200");
    begin(w, &hang, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    kit_wait(&w->kit, "q", KIT_ACCEPTED);
    end(w);
    assert_string_equal(kit_wait(&w->kit, "q", KIT_FAILED)->text, "draining");
    assert_int_equal(kit_counts(&w->kit).inbox[INBOX_RECEIVED], 1);
    assert_int_equal(kit_counts(&w->kit).attempts_open, 0);
    kit_set(&w->kit, "llm.openai.api_key="); /* the model is gone: the documents answer */
    kit_start(&w->kit);
    const struct kit_entry *e = kit_wait(&w->kit, "q", KIT_ANSWERED);
    assert_non_null(strstr(e->text, "32 ETH"));
    kit_stop(&w->kit);
    assert_int_equal(kit_counts(&w->kit).inbox[INBOX_DONE], 1);
    assert_int_equal(kit_counts(&w->kit).usage, 1);
    assert_int_equal(kit_count(&w->kit, "q", KIT_ANSWERED), 1);
}

static void wake(struct kit *k, void *arg X_UNUSED)
{
    struct host *h = gateway_host(k->gateway);
    h->drained(h, loopback_turn_id(k->adapter));
}

static void model__a_given_back_message_names_the_real_reason(void **state)
{
    static const struct fake_reply hang = { .body = DELTA("Wait"), .end = FAKE_HANG };
    struct world *w = *state;
    char index[128];
    snprintf(index, sizeof index, "%s/knowledge.index", w->kit.dir);
    assert_int_equal(unlink(index), 0); /* retrieve finds no index, and copes */
    kit_set(&w->kit, "drain_ms=100");
    begin(w, &hang, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    kit_wait(&w->kit, "q", KIT_ACCEPTED);
    end(w);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from inbox where last_error like '%draining%'"), 1);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from inbox where last_error like '%indexed%'"), 0);
}

static void model__a_slow_reader_pauses_it_and_nothing_is_lost(void **state)
{
    static const struct fake_reply many = { .body = DELTA("One is first. ") DELTA("Two is next. ") DELTA(
                                                "Three follows. ") DELTA("Four comes. ") DELTA("Five.") END,
                                            .drip_ms = 1,
                                            .piece = 64 };
    struct world *w = *state;
    kit_set(&w->kit, "answer.footer=false");
    w->kit.sentence_full = 2;
    begin(w, &many, 1);
    kit_ask(&w->kit, "q", "Count please");
    kit_wait(&w->kit, "q", KIT_SENTENCE);
    for (int i = 0; i < 200 && !kit_count(&w->kit, "q", KIT_ANSWERED); i++)
        kit_on_loop(&w->kit, wake, NULL);
    cJSON *body = body_of(w, "q");
    assert_string_equal(json_text(body, "answer", ""),
                        "One is first. Two is next. Three follows. Four comes. Five.");
    cJSON_Delete(body);
    end(w);
}

static void model__strict_grounding_replaces_what_the_documents_do_not_say(void **state)
{
    static const struct fake_reply invented = {
        .body = DELTA("Bananas orbit Jupiter every seventeen fortnights. Quite so.") END
    };
    struct world *w = *state;
    kit_set(&w->kit, "answer.grounding=strict");
    begin(w, &invented, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    assert_null(strstr(json_text(body, "answer", ""), "Bananas"));
    assert_true(warned(body, "ungrounded"));
    for (size_t i = 0; i < w->kit.entries; i++)
        assert_null(strstr(w->kit.entry[i].text, "Bananas"));
    cJSON_Delete(body);
    end(w);
}

static void model__dead_citations_are_dropped_and_control_bytes_stripped(void **state)
{
    static const struct fake_reply odd = {
        .body = DELTA("Staking locks 32 ETH [1][9].\\u001b[31m Pools share the validator [1].") END
    };
    struct world *w = *state;
    begin(w, &odd, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    const char *answer = json_text(body, "answer", "");
    assert_null(strstr(answer, "[9]"));
    assert_null(strchr(answer, '\x1b'));
    assert_non_null(strstr(answer, "[1]"));
    assert_true(warned(body, "dead_citation"));
    cJSON_Delete(body);
    end(w);
}

static void model__an_answer_without_end_is_given_up(void **state)
{
    static const struct fake_reply flood = {
        .body = DELTA("word word word word word word word word word word word word "), .end = FAKE_FLOOD
    };
    struct world *w = *state;
    begin(w, &flood, 1);
    kit_ask(&w->kit, "q", "How do I stake ETH?");
    cJSON *body = body_of(w, "q");
    assert_string_equal(provider_of(body), "extractive");
    cJSON_Delete(body);
    end(w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(model__answers_with_usage_and_a_ledger_row),
        CASE(model__never_sees_personal_data_and_the_person_gets_it_back),
        CASE(model__keeps_the_number_of_a_value_in_the_conversation),
        CASE(model__no_unvalidated_byte_leaves_wherever_the_stream_is_split),
        CASE(model__that_dies_mid_sentence_is_replaced_whole),
        CASE(model__faults_end_in_the_next_provider),
        CASE(model__a_fault_that_passes_is_asked_again),
        CASE(model__too_long_a_prompt_is_trimmed),
        CASE(model__that_asks_for_too_long_a_wait_is_not_waited_for),
        CASE(model__drain_during_a_pause_gives_the_message_back),
        CASE(model__that_hangs_is_left_in_time),
        CASE(model__drain_gives_the_message_back_and_the_next_start_answers_it),
        CASE(model__a_given_back_message_names_the_real_reason),
        CASE(model__a_slow_reader_pauses_it_and_nothing_is_lost),
        CASE(model__strict_grounding_replaces_what_the_documents_do_not_say),
        CASE(model__dead_citations_are_dropped_and_control_bytes_stripped),
        CASE(model__an_answer_without_end_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
