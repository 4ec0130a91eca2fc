/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole turns through the loopback adapter, with the built-in provider: what a person hears, what the store
 * holds afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "conf/snapshot.h"
#include "tests/support/turn_kit.h"

static int make(void **state)
{
    struct kit *k = calloc(1, sizeof *k);
    kit_make(k);
    *state = k;
    return 0;
}

static int drop(void **state)
{
    kit_free(*state);
    free(*state);
    return 0;
}

static cJSON *body_of(const struct kit_entry *e)
{
    cJSON *body = NULL;
    struct err err = { "" };
    if (json_parse(&body, e->text, strlen(e->text), &err))
        fail_msg("%s in %s", err.text, e->text);
    return body;
}

static const cJSON *member(const cJSON *body, const char *obj, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(body, obj), key);
}

static void turn__answers_from_the_documents_with_sources(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    kit_ask(k, "q", "How do I stake ETH?");
    cJSON *body = body_of(kit_wait(k, "q", KIT_ANSWERED));
    const cJSON *source = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(body, "sources"), 0);
    char *heard = kit_heard(k, "q");
    assert_string_equal(heard, json_text(body, "answer", "?")); /* what was streamed is what was recorded */
    assert_non_null(strstr(heard, "32 ETH"));
    assert_non_null(strstr(heard, "[1]"));
    assert_non_null(source);
    assert_non_null(strstr(json_text(source, "source", ""), "staking.md"));
    assert_string_equal(cJSON_GetStringValue(member(body, "metadata", "provider")), "extractive");
    assert_true(cJSON_IsTrue(member(body, "validation", "is_safe")));
    assert_true(cJSON_GetNumberValue(member(body, "validation", "confidence_score")) > 60);
    assert_true(kit_count(k, "q", KIT_SENTENCE) > 1);
    assert_int_equal(kit_count(k, "q", KIT_ACCEPTED), 1);
    free(heard);
    cJSON_Delete(body);
    kit_stop(k);
    struct store_counts c = kit_counts(k);
    assert_int_equal(c.inbox[INBOX_DONE], 1);
    assert_int_equal(c.outbox[OUTBOX_SENT], 1);
    assert_int_equal(c.usage, 1);
    assert_int_equal(c.attempts, 0); /* nothing was spent */
}

static void turn__says_so_when_the_documents_do_not_hold_the_answer(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    kit_ask(k, "q", "Who won the football world cup in 1954?");
    cJSON *body = body_of(kit_wait(k, "q", KIT_ANSWERED));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(body, "sources")), 0);
    assert_int_equal((int)cJSON_GetNumberValue(member(body, "validation", "confidence_score")), 0);
    assert_null(strchr(json_text(body, "answer", ""), '['));
    cJSON_Delete(body);
    kit_stop(k);
}

static void turn__same_external_id_is_answered_once_and_replayed(void **state)
{
    struct kit *k = *state;
    struct loopback_message m = {
        .tag = "a", .text = "What is gas?", .user = "u", .conversation = "c", .external_id = "x"
    };
    kit_start(k);
    kit_say(k, &m);
    char *first = strdup(kit_wait(k, "a", KIT_ANSWERED)->text);
    m.tag = "b";
    kit_say(k, &m);
    assert_string_equal(kit_wait(k, "b", KIT_REPLAY)->text, first); /* the same bytes */
    m.tag = "c";
    m.text = "Something else?";
    kit_say(k, &m);
    assert_string_equal(kit_wait(k, "c", KIT_REFUSED)->text, "key_reused");
    free(first);
    kit_stop(k);
    assert_int_equal(kit_counts(k).usage, 1);
}

static void turn__a_replay_survives_a_restart(void **state)
{
    struct kit *k = *state;
    struct loopback_message m = {
        .tag = "a", .text = "What is gas?", .user = "u", .conversation = "c", .external_id = "x"
    };
    kit_start(k);
    kit_say(k, &m);
    char *first = strdup(kit_wait(k, "a", KIT_ANSWERED)->text);
    kit_stop(k);
    kit_start(k);
    m.tag = "b";
    kit_say(k, &m);
    assert_string_equal(kit_wait(k, "b", KIT_REPLAY)->text, first);
    free(first);
    kit_stop(k);
}

static void say_five(struct kit *k, void *arg X_UNUSED)
{
    static const char *const tag[] = { "1", "2", "3", "4", "5" };
    for (size_t i = 0; i < ARRAY_LEN(tag); i++) {
        const struct loopback_message m = {
            .tag = tag[i], .text = "What is a seed phrase?", .user = "u", .conversation = "c"
        };
        assert_int_equal(loopback_say(k->adapter, &m), 0);
    }
}

static void turn__one_active_three_waiting_the_next_gets_a_notice(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    kit_on_loop(k, say_five, NULL);
    assert_string_equal(kit_wait(k, "5", KIT_REFUSED)->text, "busy");
    kit_wait(k, "4", KIT_ANSWERED);
    const char *order = "1234";
    for (size_t i = 0, next = 0; i < k->entries; i++)
        if (k->entry[i].what == KIT_ANSWERED)
            assert_int_equal(k->entry[i].tag[0], order[next++]);
    kit_stop(k);
    assert_int_equal(kit_counts(k).turns, 4);
}

static void turn__rate_limit_refuses_before_storing(void **state)
{
    struct kit *k = *state;
    kit_set(k, "limits.user_per_minute=2");
    kit_start(k);
    kit_ask(k, "1", "What is gas?");
    kit_ask(k, "2", "What is gas?");
    kit_ask(k, "3", "What is gas?");
    assert_string_equal(kit_wait(k, "3", KIT_REFUSED)->text, "rate_limited");
    kit_wait(k, "2", KIT_ANSWERED);
    kit_stop(k);
    assert_int_equal(kit_sql(k, "select count(*) from inbox"), 2);
}

static void turn__quota_of_the_free_tier_ends_at_100(void **state)
{
    struct kit *k = *state;
    char tag[16];
    kit_start(k);
    for (int i = 1; i <= 101; i++) {
        snprintf(tag, sizeof tag, "%d", i);
        kit_ask(k, tag, "What is gas?");
        kit_wait(k, tag, KIT_ANSWERED);
    }
    cJSON *body = body_of(kit_wait(k, "100", KIT_ANSWERED));
    assert_string_equal(json_text(body, "code", "ok"), "ok");
    cJSON_Delete(body);
    body = body_of(kit_wait(k, "101", KIT_ANSWERED));
    assert_string_equal(json_text(body, "code", "ok"), "quota_exceeded");
    cJSON_Delete(body);
    kit_stop(k);
    assert_int_equal(kit_counts(k).usage, 100);
    assert_int_equal(kit_sql(k, "select used from quota"), 100);
    assert_int_equal(kit_sql(k, "select reserved from quota"), 0);
}

static void turn__consent_is_asked_once_and_remembered(void **state)
{
    struct kit *k = *state;
    char version[64] = "";
    kit_set(k, "consent.region=eu");
    kit_start(k);
    strncat(version, gateway_snapshot(k->gateway)->policies->consent.version, sizeof version - 1);
    kit_ask(k, "1", "What is gas?");
    cJSON *body = body_of(kit_wait(k, "1", KIT_ANSWERED));
    assert_string_equal(json_text(body, "code", "ok"), "consent_required");
    cJSON_Delete(body);
    kit_say(
        k, &(struct loopback_message){ .tag = "2", .text = "What is gas?", .user = "u", .consent = version });
    body = body_of(kit_wait(k, "2", KIT_ANSWERED));
    assert_string_equal(json_text(body, "code", "ok"), "ok");
    cJSON_Delete(body);
    kit_ask(k, "3", "What is a seed phrase?");
    body = body_of(kit_wait(k, "3", KIT_ANSWERED));
    assert_string_equal(json_text(body, "code", "ok"), "ok");
    cJSON_Delete(body);
    kit_stop(k);
    assert_int_equal(kit_counts(k).usage, 2);
    assert_int_equal(kit_sql(k, "select count(*) from consent"), 1);
}

static void turn__the_same_question_comes_from_the_cache(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    kit_ask(k, "1", "What is gas?");
    cJSON *one = body_of(kit_wait(k, "1", KIT_ANSWERED));
    kit_ask(k, "2", "  what is  GAS? ");
    cJSON *two = body_of(kit_wait(k, "2", KIT_ANSWERED));
    assert_true(cJSON_IsFalse(member(one, "metadata", "cached")));
    assert_true(cJSON_IsTrue(member(two, "metadata", "cached")));
    assert_string_equal(json_text(one, "answer", "1"), json_text(two, "answer", "2"));
    cJSON_Delete(one);
    cJSON_Delete(two);
    kit_stop(k);
    assert_int_equal(kit_counts(k).usage, 2); /* answered twice, each billed once */
}

/* Three messages: in order, each once, and the turn is done when the last is. */
static void turn__an_answer_of_several_messages_is_sent_in_order(void **state)
{
    struct kit *k = *state;
    k->parts = 3;
    kit_start(k);
    kit_ask(k, "1", "What is gas?");
    kit_wait_n(k, "1", KIT_PART, 3);
    kit_stop(k);
    const char *const want[] = { "1/3", "2/3", "3/3" };
    size_t n = 0;
    for (size_t i = 0; i < k->entries; i++)
        if (k->entry[i].what == KIT_PART)
            assert_string_equal(k->entry[i].text, want[n++]);
    assert_int_equal(n, 3);
    struct store_counts c = kit_counts(k);
    assert_int_equal(c.outbox[OUTBOX_SENT], 3);
    assert_int_equal(c.inbox[INBOX_DONE], 1);
    assert_int_equal(c.usage, 1);
}

/* ---- what a person asks about themselves ---- */

struct request {
    enum person_what what;
    const char *conversation;
    struct kit *kit;
};

static void on_told(void *ctx, int rc, const char *json)
{
    const struct request *r = ctx;
    assert_int_equal(rc, 0);
    kit_note(r->kit, r->conversation, json);
}

static void ask_person(struct kit *k, void *arg)
{
    struct request *r = arg;
    struct host *h = gateway_host(k->gateway);
    const struct message who = {
        .channel = "loopback", .bot = "default", .user = "u", .conversation = r->conversation
    };
    r->kit = k;
    h->person(h, r->what, &who, on_told, r);
}

static cJSON *told(struct kit *k, enum person_what what, const char *conversation, size_t n)
{
    struct request *r = calloc(1, sizeof *r);
    *r = (struct request){ what, conversation, NULL };
    kit_on_loop(k, ask_person, r);
    cJSON *body = body_of(kit_wait_n(k, conversation, KIT_NOTE, n));
    free(r);
    return body;
}

static void person__learns_what_is_kept_and_has_it_forgotten(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    kit_say(k, &(struct loopback_message){
                   .tag = "1", .text = "What is gas? I am a@example.org", .user = "u", .conversation = "c" });
    kit_wait(k, "1", KIT_ANSWERED);
    kit_say(k, &(struct loopback_message){
                   .tag = "2", .text = "What is a seed phrase?", .user = "u", .conversation = "other" });
    kit_wait(k, "2", KIT_ANSWERED);
    cJSON *usage = told(k, PERSON_USAGE, "c", 1);
    assert_string_equal(json_text(usage, "tier", ""), "FREE");
    assert_int_equal((int)json_number(usage, "used", -1), 2);
    assert_int_equal((int)json_number(usage, "limit", -1), 100);
    cJSON *kept = told(k, PERSON_EXPORT, "c", 2);
    const cJSON *messages = cJSON_GetObjectItemCaseSensitive(kept, "messages");
    assert_int_equal(cJSON_GetArraySize(messages), 2);
    assert_string_equal(json_text(cJSON_GetArrayItem(messages, 0), "text", ""),
                        "What is gas? I am <EMAIL_1>");
    assert_string_equal(json_text(cJSON_GetArrayItem(messages, 1), "from", ""), "bot");
    assert_int_equal(kit_sql(k, "select count(*) from pseudonym"), 1);
    cJSON *gone = told(k, PERSON_FORGET, "c", 3);
    assert_int_equal((int)json_number(gone, "forgotten", -1), 1);
    assert_int_equal(kit_sql(k, "select count(*) from turn"), 1);
    assert_int_equal(kit_sql(k, "select count(*) from pseudonym"), 0);
    assert_int_equal(kit_sql(k, "select count(*) from usage"), 2);
    cJSON_Delete(usage);
    cJSON_Delete(kept);
    cJSON_Delete(gone);
    kit_stop(k);
}

static void turn__the_same_in_other_words_comes_from_the_cache_and_says_so(void **state)
{
    struct kit *k = *state;
    kit_set(k, "cache.semantic=true");
    kit_start(k);
    kit_ask(k, "1", "What is gas?");
    cJSON *one = body_of(kit_wait(k, "1", KIT_ANSWERED));
    kit_ask(k, "2", "Can you tell me what gas is, please?");
    cJSON *two = body_of(kit_wait(k, "2", KIT_ANSWERED));
    kit_ask(k, "3", "What isn't gas?");
    cJSON *three = body_of(kit_wait(k, "3", KIT_ANSWERED));
    assert_true(cJSON_IsTrue(member(two, "metadata", "cached")));
    assert_string_equal(json_text(one, "answer", "1"), json_text(two, "answer", "2"));
    char *warned = cJSON_PrintUnformatted(member(two, "validation", "warnings"));
    assert_non_null(strstr(warned, "\"similar_question\""));
    free(warned);
    assert_true(cJSON_IsFalse(member(three, "metadata", "cached")));
    cJSON_Delete(one);
    cJSON_Delete(two);
    cJSON_Delete(three);
    kit_stop(k);
    assert_int_equal(kit_counts(k).usage, 3);
}

static void turn__the_cache_survives_a_restart(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    kit_ask(k, "1", "What is gas?");
    cJSON *one = body_of(kit_wait(k, "1", KIT_ANSWERED));
    kit_stop(k); /* waits for the copy on disk */
    kit_start(k);
    kit_ask(k, "2", "What is gas?");
    cJSON *two = body_of(kit_wait(k, "2", KIT_ANSWERED));
    assert_true(cJSON_IsTrue(member(two, "metadata", "cached")));
    assert_string_equal(json_text(one, "answer", "1"), json_text(two, "answer", "2"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(two, "sources")),
                     cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(one, "sources")));
    cJSON_Delete(one);
    cJSON_Delete(two);
    kit_stop(k);
}

static void turn__todays_answer_is_not_kept(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    for (int i = 0; i < 2; i++) {
        char tag[16];
        snprintf(tag, sizeof tag, "%d", i);
        kit_ask(k, tag, "What is the price of gas today?");
        cJSON *body = body_of(kit_wait(k, tag, KIT_ANSWERED));
        assert_true(cJSON_IsFalse(member(body, "metadata", "cached")));
        cJSON_Delete(body);
    }
    kit_stop(k);
}

static void turn__a_second_process_is_refused(void **state)
{
    struct kit *k = *state;
    struct kit other = *k;
    kit_start(k);
    pthread_mutex_init(&other.lock, NULL);
    pthread_cond_init(&other.changed, NULL);
    assert_int_equal(kit_try_start(&other), X_E_BUSY);
    assert_non_null(strstr(other.err.text, k->dir));
    kit_stop(k);
}

static void turn__hostile_text_is_answered_like_any_other(void **state)
{
    static const char *const text[] = {
        "\x01\x02\x7f",
        "' OR 1=1; --",
        "NEAR(\"a\" \"b\", 3) AND *",
        "<script>alert(1)</script>",
        "[1] [2] [99]",
        "\xF0\x9F\x98\x80\xE2\x80\xAE\xEF\xBB\xBF",
        "%s%n%x",
        "\"unclosed",
        "<EMAIL_1> <EMAIL_999999>",
        "((((((((((((((",
    };
    struct kit *k = *state;
    char tag[16];
    kit_start(k);
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        snprintf(tag, sizeof tag, "%zu", i);
        kit_ask(k, tag, text[i]);
        kit_wait(k, tag, KIT_ANSWERED);
    }
    kit_stop(k);
    assert_int_equal(kit_counts(k).inbox[INBOX_DONE], ARRAY_LEN(text));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(turn__answers_from_the_documents_with_sources),
        CASE(turn__says_so_when_the_documents_do_not_hold_the_answer),
        CASE(turn__same_external_id_is_answered_once_and_replayed),
        CASE(turn__a_replay_survives_a_restart),
        CASE(turn__one_active_three_waiting_the_next_gets_a_notice),
        CASE(turn__rate_limit_refuses_before_storing),
        CASE(turn__quota_of_the_free_tier_ends_at_100),
        CASE(turn__consent_is_asked_once_and_remembered),
        CASE(turn__the_same_question_comes_from_the_cache),
        CASE(turn__an_answer_of_several_messages_is_sent_in_order),
        CASE(person__learns_what_is_kept_and_has_it_forgotten),
        CASE(turn__the_same_in_other_words_comes_from_the_cache_and_says_so),
        CASE(turn__the_cache_survives_a_restart),
        CASE(turn__todays_answer_is_not_kept),
        CASE(turn__a_second_process_is_refused),
        CASE(turn__hostile_text_is_answered_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
