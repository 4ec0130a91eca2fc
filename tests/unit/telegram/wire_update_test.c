/* SPDX-License-Identifier: Apache-2.0
 *
 * Updates: which of them are messages, who wrote them and where, and that one that nobody can read costs
 * neither its batch nor itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include <parley/message.h>

#include "adapters/telegram/wire.h"

#define ANN     "\"from\":{\"id\":111,\"is_bot\":false,\"language_code\":\"de\"}"
#define PRIVATE "\"chat\":{\"id\":111,\"type\":\"private\"}"
#define SUPER   "\"chat\":{\"id\":-1001234567890,\"type\":\"supergroup\"}"

static const struct tg_me me = { .id = 123456, .username = "parley_test_bot" };

struct world {
    struct arena a;
    struct tg_update u;
    struct err err;
    struct buf json;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    arena_init(&w->a, 8U << 20);
    buf_init(&w->json, 16U << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_wipe(&w->a);
    buf_free(&w->json);
    free(w);
    return 0;
}

static const struct tg_update *read_one(struct world *w, const char *json)
{
    int rc = tg_update_read(json, strlen(json), &me, &w->a, &w->u, &w->err);
    if (rc)
        fail_msg("%s: %s", json, w->err.text);
    assert_true(w->u.text && w->u.command && w->u.from_lang && w->u.callback_id && w->u.data && w->u.guest);
    return &w->u;
}

/* {"update_id":7,"<member>":{<inside>}} */
static const struct tg_update *of(struct world *w, const char *member, const char *inside)
{
    buf_clear(&w->json);
    buf_printf(&w->json, "{\"update_id\":7,\"%s\":{%s}}", member, inside);
    read_one(w, buf_text(&w->json));
    assert_int_equal(w->u.update_id, 7);
    return &w->u;
}

static const struct tg_update *message(struct world *w, const char *inside)
{
    return of(w, "message", inside);
}

/* ---- who, where, what ---- */

static void update__a_message_with_all_its_members(void **state)
{
    const struct tg_update *u =
        message(*state, "\"message_id\":9,\"date\":1780000000," ANN "," PRIVATE ",\"text\":\" How?\\n\"");
    assert_int_equal(u->kind, TG_MESSAGE);
    assert_int_equal(u->chat, TG_PRIVATE);
    assert_int_equal(u->chat_id, 111);
    assert_int_equal(u->message_id, 9);
    assert_int_equal(u->from_id, 111);
    assert_int_equal(u->date_s, 1780000000);
    assert_string_equal(u->from_lang, "de");
    assert_string_equal(u->text, "How?");
    assert_string_equal(u->command, "");
    assert_int_equal(u->thread_id, 0);
    assert_int_equal(u->media, TG_NO_MEDIA);
    assert_false(u->from_bot || u->for_other || u->mentions_us || u->replies_to_us);
}

static void update__a_guest_query_is_a_message_with_an_id(void **state)
{
    static const char asks[] = "\"message_id\":9,\"date\":1,\"chat\":{\"id\":-5,\"type\":\"supergroup\"}," ANN
                               ",\"is_topic_message\":true,\"message_thread_id\":4,\"text\":\"How?\"";
    struct world *w = *state;
    char with[512];
    assert_string_equal(message(w, asks)->guest, "");
    assert_int_equal(of(w, "guest_message", asks)->kind, TG_OTHER); /* nothing could be answered to */
    snprintf(with, sizeof with, "%s,\"guest_query_id\":\"q 1\"", asks);
    const struct tg_update *u = of(w, "guest_message", with);
    assert_int_equal(u->kind, TG_MESSAGE);
    assert_string_equal(u->guest, "q 1");
    assert_string_equal(u->text, "How?");
    assert_int_equal(u->from_id, 111);
    assert_int_equal(u->thread_id, 0);
    assert_int_equal(of(w, "guest_message", "\"guest_query_id\":\"q\"")->kind, TG_OTHER);
}

static void update__ids_of_52_bits_stay_whole(void **state)
{
    struct world *w = *state;
    const struct tg_update *u = read_one(
        w, "{\"update_id\":9007199254740991,\"message\":{\"message_id\":2,\"chat\":{\"id\":"
           "-4503599627370495,\"type\":\"group\"},\"from\":{\"id\":4503599627370495},\"text\":\"x\"}}");
    assert_true(u->update_id == INT64_C(9007199254740991));
    assert_true(u->chat_id == INT64_C(-4503599627370495));
    assert_true(u->from_id == INT64_C(4503599627370495));
    assert_int_equal(u->chat, TG_GROUP);
}

static void update__an_id_that_is_no_integer_is_none(void **state)
{
    static const char *const id[] = {
        "1.5", "1e300", "-1e300", "\"111\"", "null", "[1]", "9007199254740994"
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(id); i++) {
        char inside[200];
        snprintf(inside, sizeof inside, "\"chat\":{\"id\":%s,\"type\":\"private\"},\"text\":\"x\"", id[i]);
        assert_int_equal(message(w, inside)->kind, TG_OTHER);
    }
}

static void update__who_writes_for_a_chat_is_nobody(void **state)
{
    static const char *const from[] = {
        "\"from\":{\"id\":1087968824,\"is_bot\":true}",
        "\"from\":{\"id\":136817688,\"is_bot\":true}",
        "\"from\":{\"id\":777000,\"is_bot\":false}",
        "\"from\":{\"id\":111},\"sender_chat\":{\"id\":-1009,\"type\":\"channel\"}",
        "\"via\":0",
        "\"from\":7",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        char inside[300];
        snprintf(inside, sizeof inside, "%s," SUPER ",\"text\":\"x\"", from[i]);
        assert_int_equal(message(w, inside)->kind, TG_MESSAGE);
        assert_int_equal(w->u.from_id, 0);
        assert_false(w->u.from_bot);
        assert_string_equal(w->u.from_lang, "");
    }
}

static void update__a_bot_is_one(void **state)
{
    assert_true(message(*state, "\"from\":{\"id\":5,\"is_bot\":true}," SUPER ",\"text\":\"x\"")->from_bot);
}

static void update__a_language_too_long_is_unknown(void **state)
{
    const struct tg_update *u = message(
        *state, "\"from\":{\"id\":5,\"language_code\":\"abcdefghijklmnopqrstuvwxyzabcdefghij\"}," SUPER
                ",\"text\":\"x\"");
    assert_int_equal(u->from_id, 5);
    assert_string_equal(u->from_lang, "");
}

static void update__only_a_topic_is_a_thread(void **state)
{
    struct world *w = *state;
    assert_int_equal(
        message(w, SUPER ",\"text\":\"x\",\"message_thread_id\":77,\"is_topic_message\":true")->thread_id,
        77);
    assert_int_equal(
        message(w, SUPER ",\"text\":\"x\",\"message_thread_id\":1,\"is_topic_message\":true")->thread_id, 0);
    assert_int_equal(message(w, SUPER ",\"text\":\"x\",\"message_thread_id\":12")->thread_id, 0);
    assert_int_equal(message(w, SUPER ",\"text\":\"x\",\"is_topic_message\":true")->thread_id, 0);
}

static void update__a_reply_to_us(void **state)
{
    struct world *w = *state;
    assert_true(
        message(w, SUPER ",\"text\":\"x\",\"reply_to_message\":{\"from\":{\"id\":123456}}")->replies_to_us);
    assert_false(
        message(w, SUPER ",\"text\":\"x\",\"reply_to_message\":{\"from\":{\"id\":5}}")->replies_to_us);
    assert_false(message(w, SUPER ",\"text\":\"x\",\"reply_to_message\":{}")->replies_to_us);
}

static void update__a_message_in_our_topic_is_no_reply_to_us(void **state)
{
    assert_false(message(*state, SUPER ",\"text\":\"x\",\"reply_to_message\":{\"from\":{\"id\":123456},"
                                       "\"forum_topic_created\":{\"name\":\"T\"}}")
                     ->replies_to_us);
}

static void update__media_with_and_without_words(void **state)
{
    static const struct {
        const char *json;
        enum tg_media media;
        int64_t bytes;
    } row[] = {
        { "\"photo\":[{\"file_size\":12},{\"file_size\":84321},{\"file_size\":\"x\"}]", TG_PHOTO, 84321 },
        { "\"voice\":{\"file_size\":9}", TG_VOICE, 9 },
        { "\"video\":{\"duration\":1}", TG_VIDEO, 0 },
        { "\"video_note\":{\"file_size\":-5}", TG_VIDEO, 0 },
        { "\"document\":{\"file_size\":3000000000}", TG_DOCUMENT, 3000000000 },
        { "\"document\":{\"file_size\":7},\"animation\":{\"file_size\":8}", TG_OTHER_MEDIA, 8 },
        { "\"sticker\":{}", TG_STICKER, 0 },
        { "\"audio\":{\"file_size\":1}", TG_OTHER_MEDIA, 1 },
        { "\"location\":{\"latitude\":1.5,\"longitude\":2}", TG_OTHER_MEDIA, 0 },
        { "\"dice\":{\"value\":3}", TG_OTHER_MEDIA, 0 },
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char inside[300];
        snprintf(inside, sizeof inside, ANN "," PRIVATE ",%s", row[i].json);
        assert_int_equal(message(w, inside)->kind, TG_MESSAGE);
        assert_int_equal(w->u.media, row[i].media);
        assert_int_equal(w->u.media_bytes, row[i].bytes);
        assert_string_equal(w->u.text, "");
    }
    message(w, ANN "," PRIVATE ",\"photo\":[{\"file_size\":1}],\"caption\":\"what is it?\"");
    assert_int_equal(w->u.media, TG_PHOTO);
    assert_string_equal(w->u.text, "what is it?");
}

/* ---- what is no message ---- */

static void update__other_kinds_are_passed_over(void **state)
{
    static const char *const member[] = { "edited_message",    "channel_post",     "edited_channel_post",
                                          "business_message",  "guest_message",    "inline_query",
                                          "chat_member",       "message_reaction", "poll",
                                          "something_of_later" };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(member); i++)
        assert_int_equal(of(w, member[i], ANN "," PRIVATE ",\"text\":\"x\"")->kind, TG_OTHER);
    assert_int_equal(read_one(w, "{\"update_id\":7}")->kind, TG_OTHER);
}

static void update__service_messages_are_passed_over(void **state)
{
    static const char *const inside[] = {
        SUPER ",\"new_chat_members\":[{\"id\":5}]",
        SUPER ",\"left_chat_member\":{\"id\":5}",
        SUPER ",\"new_chat_title\":\"x\"",
        SUPER ",\"new_chat_photo\":[{\"file_size\":1}]",
        SUPER ",\"pinned_message\":{\"text\":\"x\"}",
        SUPER ",\"forum_topic_created\":{\"name\":\"T\"}",
        SUPER ",\"migrate_from_chat_id\":-4001",
        SUPER ",\"successful_payment\":{}",
        SUPER ",\"text\":\"post\",\"is_automatic_forward\":true",
        "\"chat\":{\"id\":-1009,\"type\":\"channel\"},\"text\":\"x\"",
        "\"chat\":{\"id\":-1009,\"type\":\"supergroup\",\"is_direct_messages\":true},\"text\":\"x\"",
        "\"chat\":{\"id\":-1009,\"type\":\"club\"},\"text\":\"x\"",
        "\"chat\":{\"id\":0,\"type\":\"group\"},\"text\":\"x\"",
        "\"chat\":[],\"text\":\"x\"",
        "\"text\":\"x\"",
        SUPER ",\"text\":7",
        SUPER ",\"text\":\"\"",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(inside); i++)
        if (message(w, inside[i])->kind != TG_OTHER)
            fail_msg("%s", inside[i]);
}

static void update__a_group_that_moved(void **state)
{
    const struct tg_update *u = message(
        *state, ANN ",\"chat\":{\"id\":-4001,\"type\":\"group\"},\"migrate_to_chat_id\":-1001234567890");
    assert_int_equal(u->kind, TG_MIGRATED);
    assert_int_equal(u->chat_id, -4001);
    assert_true(u->migrated_to == INT64_C(-1001234567890));
}

static void update__blocked_and_removed(void **state)
{
    static const struct {
        const char *now;
        enum tg_kind kind;
    } row[] = {
        { "{\"status\":\"kicked\"}", TG_BLOCKED },
        { "{\"status\":\"left\"}", TG_BLOCKED },
        { "{\"status\":\"restricted\",\"is_member\":false}", TG_BLOCKED },
        { "{\"status\":\"restricted\",\"is_member\":true}", TG_OTHER },
        { "{\"status\":\"member\"}", TG_OTHER },
        { "{\"status\":\"administrator\"}", TG_OTHER },
        { "{\"status\":7}", TG_OTHER },
        { "[]", TG_OTHER },
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char inside[200];
        snprintf(inside, sizeof inside, ANN "," PRIVATE ",\"date\":3,\"new_chat_member\":%s", row[i].now);
        assert_int_equal(of(w, "my_chat_member", inside)->kind, row[i].kind);
        assert_int_equal(w->u.chat_id, 111);
        assert_int_equal(w->u.from_id, 111);
    }
}

/* ---- buttons ---- */

static void update__a_button_with_its_message(void **state)
{
    const struct tg_update *u =
        of(*state, "callback_query",
           "\"id\":\"4382\"," ANN ",\"data\":\"f:1\",\"message\":{\"message_id\":9,\"date\":1," SUPER
           ",\"message_thread_id\":77,\"is_topic_message\":true,\"text\":\"ours\"}");
    assert_int_equal(u->kind, TG_CALLBACK);
    assert_string_equal(u->callback_id, "4382");
    assert_string_equal(u->data, "f:1");
    assert_string_equal(u->from_lang, "de");
    assert_string_equal(u->text, "");
    assert_int_equal(u->from_id, 111);
    assert_int_equal(u->message_id, 9);
    assert_int_equal(u->thread_id, 77);
    assert_true(u->chat_id == INT64_C(-1001234567890));
}

static void update__a_button_without_a_message_is_still_to_be_answered(void **state)
{
    const struct tg_update *u =
        of(*state, "callback_query", "\"id\":\"5\"," ANN ",\"inline_message_id\":\"A\"");
    assert_int_equal(u->kind, TG_CALLBACK);
    assert_int_equal(u->chat_id, 0);
    assert_string_equal(u->data, "");
}

static void update__data_longer_than_ours_is_none(void **state)
{
    char inside[200];
    snprintf(inside, sizeof inside, "\"id\":\"5\"," ANN ",\"data\":\"%065d\"", 1);
    const struct tg_update *u = of(*state, "callback_query", inside);
    assert_int_equal(u->kind, TG_CALLBACK);
    assert_string_equal(u->data, "");
}

static void update__a_button_of_nobody_is_passed_over(void **state)
{
    struct world *w = *state;
    assert_int_equal(of(w, "callback_query", "\"id\":\"5\",\"data\":\"x\"")->kind, TG_OTHER);
    assert_int_equal(of(w, "callback_query", ANN ",\"data\":\"x\"")->kind, TG_OTHER);
    assert_int_equal(of(w, "callback_query", "\"id\":5," ANN)->kind, TG_OTHER);
}

/* ---- what a strict reader refuses ---- */

static void update__one_that_cannot_be_read_is_known_by_its_id(void **state)
{
    static const char *const json[] = {
        "{\"update_id\":7,\"message\":{\"text\":\"\\ud83d\"}}",
        "{\"update_id\":7,\"message\":{\"text\":\"a\\u0000b\"}}",
        "{\"update_id\":7,\"message\":{\"a\":1,\"a\":2}}",
        "{\"message\":{\"text\":\"\xFF\"},\"update_id\":7}",
        "{\"update_id\":7,\"message\":nonsense}",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        assert_int_equal(read_one(w, json[i])->kind, TG_OTHER);
        assert_int_equal(w->u.update_id, 7);
    }
}

static void update__a_body_without_an_id_is_refused(void **state)
{
    static const char *const json[] = { "",
                                        "{",
                                        "{}",
                                        "[]",
                                        "7",
                                        "null",
                                        "{\"update_id\":\"7\"}",
                                        "{\"update_id\":0}",
                                        "{\"update_id\":-7}",
                                        "{\"update_id\":7.5}",
                                        "{\"update_id\":7",
                                        "{\"update_id\":7}}",
                                        "{\"update_id\":7} x",
                                        "{\"update_id\":7,\"message\":{\"text\":\"ab",
                                        "{\"message\":{\"update_id\":7}}" };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        w->err.text[0] = '\0';
        assert_int_equal(tg_update_read(json[i], strlen(json[i]), &me, &w->a, &w->u, &w->err), X_E_INVALID);
        assert_string_not_equal(w->err.text, "");
    }
}

static void fill(struct world *w, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addc(&w->json, c);
}

static void update__five_megabytes_are_passed_over(void **state)
{
    struct world *w = *state;
    buf_adds(&w->json, "{\"update_id\":8,\"message\":{" PRIVATE ",\"text\":\"");
    fill(w, 'x', 5U << 20);
    buf_adds(&w->json, "\"}}");
    assert_int_equal(read_one(w, buf_text(&w->json))->kind, TG_OTHER);
    assert_int_equal(w->u.update_id, 8);
}

static void update__a_text_over_the_limit_is_passed_over(void **state)
{
    struct world *w = *state;
    for (size_t over = 0; over < 2; over++) {
        buf_clear(&w->json);
        buf_adds(&w->json, "{\"update_id\":8,\"message\":{" PRIVATE ",\"text\":\"");
        fill(w, 'x', MESSAGE_TEXT_MAX + over);
        buf_adds(&w->json, "\"}}");
        assert_int_equal(read_one(w, buf_text(&w->json))->kind, over ? TG_OTHER : TG_MESSAGE);
    }
}

/* ---- batches ---- */

struct batch {
    struct tg_update *u;
    size_t n, unreadable;
};

static int read_batch(struct world *w, struct batch *b, const char *json)
{
    w->err.text[0] = '\0';
    return tg_updates_read(json, strlen(json), &me, &w->a, &b->u, &b->n, &b->unreadable, &w->err);
}

static void batch__an_idle_poll(void **state)
{
    struct batch b;
    assert_int_equal(read_batch(*state, &b, "{\"ok\":true,\"result\":[]}"), 0);
    assert_int_equal(b.n, 0);
    assert_int_equal(b.unreadable, 0);
    assert_int_equal(read_batch(*state, &b, " { \"result\" : [ ] , \"ok\" : true } \n"), 0);
}

static void batch__a_bad_one_does_not_cost_the_others(void **state)
{
    struct batch b;
    int rc = read_batch(*state, &b,
                        "{\"ok\":true,\"result\":["
                        "{\"update_id\":1,\"message\":{" PRIVATE ",\"text\":\"\\ud83d\"}},"
                        "{\"update_id\":2,\"message\":{" PRIVATE ",\"text\":\"hi\"}},"
                        "7,null,\"x\",[],{},{\"update_id\":\"9\"},"
                        "{\"update_id\":3,\"message\":{\"text\":[]}},"
                        "{\"update_id\":4,\"message\":{" PRIVATE ",\"text\":\"ho\"}}]}");
    assert_int_equal(rc, 0);
    assert_int_equal(b.n, 4);
    assert_int_equal(b.unreadable, 6);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(b.u[i].update_id, (int)i + 1);
    assert_int_equal(b.u[0].kind, TG_OTHER);
    assert_int_equal(b.u[1].kind, TG_MESSAGE);
    assert_int_equal(b.u[2].kind, TG_OTHER);
    assert_string_equal(b.u[3].text, "ho");
}

static void batch__a_huge_one_stands_between_two_that_are_read(void **state)
{
    struct world *w = *state;
    struct batch b;
    buf_adds(&w->json,
             "{\"ok\":true,\"result\":[{\"update_id\":1,\"message\":{" PRIVATE ",\"text\":\"a\"}},");
    buf_adds(&w->json, "{\"update_id\":2,\"message\":{" PRIVATE ",\"text\":\"");
    fill(w, 'x', 5U << 20);
    buf_adds(&w->json, "\"}},{\"update_id\":3,\"message\":{" PRIVATE ",\"text\":\"c\"}}]}");
    assert_int_equal(read_batch(w, &b, buf_text(&w->json)), 0);
    assert_int_equal(b.n, 3);
    assert_string_equal(b.u[0].text, "a");
    assert_int_equal(b.u[1].kind, TG_OTHER);
    assert_string_equal(b.u[2].text, "c");
}

static void batch__no_more_than_telegram_sends(void **state)
{
    struct world *w = *state;
    struct batch b;
    buf_adds(&w->json, "{\"ok\":true,\"result\":[{}");
    for (int i = 1; i <= TG_BATCH_MAX + 5; i++)
        buf_printf(&w->json, ",{\"update_id\":%d}", i);
    buf_adds(&w->json, "]}");
    assert_int_equal(read_batch(w, &b, buf_text(&w->json)), 0);
    assert_int_equal(b.n, TG_BATCH_MAX);
    assert_int_equal(b.u[TG_BATCH_MAX - 1].update_id, TG_BATCH_MAX);
}

static void batch__the_longest_one_fits_its_arena(void **state)
{
    struct world *w = *state;
    struct batch b;
    arena_wipe(&w->a);
    arena_init(&w->a, TG_BATCH_ARENA);
    buf_adds(&w->json, "{\"ok\":true,\"result\":[{}");
    for (int i = 1; i <= TG_BATCH_MAX; i++) {
        buf_printf(&w->json, ",{\"update_id\":%d,\"message\":{" ANN "," PRIVATE ",\"text\":\"/", i);
        fill(w, 'x', MESSAGE_TEXT_MAX - 1);
        buf_adds(&w->json, "\",\"entities\":[{\"type\":\"bot_command\",\"offset\":0,\"length\":65}]}}");
    }
    buf_adds(&w->json, "]}");
    assert_int_equal(read_batch(w, &b, buf_text(&w->json)), 0);
    assert_int_equal(b.n, TG_BATCH_MAX);
    assert_int_equal(strlen(b.u[TG_BATCH_MAX - 1].command), 64);
}

static void batch__an_answer_that_is_none_is_refused_whole(void **state)
{
    static const char *const json[] = {
        "",
        "<html>",
        "{\"ok\":false,\"error_code\":409,\"description\":\"Conflict\"}",
        "{\"ok\":\"true\",\"result\":[]}",
        "{\"ok\":true}",
        "{\"ok\":true,\"result\":{}}",
        "{\"ok\":true,\"result\":true}",
        "{\"ok\":true,\"result\":[{\"update_id\":1}",
        "{\"ok\":true,\"result\":[{\"update_id\":1},",
        "{\"ok\":true,\"result\":[{\"update_id\":1}]",
        "{\"ok\":true,\"result\":[{\"update_id\":1}]} {",
        "{\"ok\":true,\"result\":[{\"update_id\":1,\"message\":{\"text\":\"a",
        "{\"ok\":true,\"result\":[{\"update_id\":1] }",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        struct batch b;
        if (read_batch(w, &b, json[i]) != X_E_INVALID || !w->err.text[0])
            fail_msg("%s", json[i]);
    }
}

static void batch__out_of_memory_is_told(void **state)
{
    struct world *w = *state;
    struct batch b;
    arena_wipe(&w->a);
    arena_init(&w->a, 64);
    assert_int_equal(read_batch(w, &b, "{\"ok\":true,\"result\":[{\"update_id\":1}]}"), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(update__a_message_with_all_its_members, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_guest_query_is_a_message_with_an_id, setup, teardown),
        cmocka_unit_test_setup_teardown(update__ids_of_52_bits_stay_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(update__an_id_that_is_no_integer_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(update__who_writes_for_a_chat_is_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_bot_is_one, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_language_too_long_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(update__only_a_topic_is_a_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_reply_to_us, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_message_in_our_topic_is_no_reply_to_us, setup, teardown),
        cmocka_unit_test_setup_teardown(update__media_with_and_without_words, setup, teardown),
        cmocka_unit_test_setup_teardown(update__other_kinds_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(update__service_messages_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_group_that_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(update__blocked_and_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_button_with_its_message, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_button_without_a_message_is_still_to_be_answered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(update__data_longer_than_ours_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_button_of_nobody_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(update__one_that_cannot_be_read_is_known_by_its_id, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_body_without_an_id_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(update__five_megabytes_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(update__a_text_over_the_limit_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__an_idle_poll, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__a_bad_one_does_not_cost_the_others, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__a_huge_one_stands_between_two_that_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__no_more_than_telegram_sends, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__the_longest_one_fits_its_arena, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__an_answer_that_is_none_is_refused_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__out_of_memory_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
