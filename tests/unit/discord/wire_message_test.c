/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: who, where, whether we are meant, and the text without our name.
 */
#include "tests/unit/discord/wire_kit.h"

#include <errno.h>

struct read {
    struct arena a;
    struct dc_message m;
    struct err err;
    int rc;
};

static void read_with(struct read *r, const char *members)
{
    struct buf json = BUF_INIT(1U << 20);
    memset(&r->m, 0x5A, sizeof r->m);
    arena_init(&r->a, KIT_BYTES);
    r->err.text[0] = '\0';
    buf_printf(&json,
               "{\"id\":\"900\",\"channel_id\":\"500\",\"author\":{\"id\":\"200\",\"username\":\"u\"},"
               "\"type\":0%s%s}",
               members[0] ? "," : "", members);
    r->rc = dc_message_read((struct str){ json.at, json.len }, &kit_me, &r->a, &r->m, &r->err);
    buf_free(&json);
}

#define MENTIONED "\"mentions\":[{\"id\":\"7\"},{\"id\":\"300\"}],"

static void message__of_a_guild(void **state X_UNUSED)
{
    struct read r;
    read_with(&r,
              "\"guild_id\":\"400\",\"content\":\" Hello there \\n\",\"member\":{\"roles\":[\"41\",\"x\",7,"
              "\"42\"]},\"mentions\":[],\"attachments\":[]");
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.m.id, "900");
    assert_string_equal(r.m.channel_id, "500");
    assert_string_equal(r.m.guild_id, "400");
    assert_string_equal(r.m.author_id, "200");
    assert_string_equal(r.m.text, "Hello there");
    assert_true(r.m.speaks && !r.m.dm && !r.m.author_bot && !r.m.webhook);
    assert_true(!r.m.mentions_us && !r.m.replies_to_us && !r.m.in_thread);
    assert_int_equal(r.m.roles, 2);
    assert_string_equal(r.m.role[1], "42");
    arena_wipe(&r.a);
}

static void message__of_a_dm_has_no_guild(void **state X_UNUSED)
{
    struct read r;
    read_with(&r, "\"content\":\"x\"");
    assert_int_equal(r.rc, 0);
    assert_true(r.m.dm && r.m.guild_id[0] == '\0' && r.m.roles == 0 && r.m.attachments == 0);
    arena_wipe(&r.a);
}

static void message__our_mention_is_cut_out(void **state X_UNUSED)
{
    static const struct {
        const char *content, *text;
    } row[] = {
        { "<@300> what is it?", "what is it?" },
        { "<@!300>what is it?", "what is it?" },
        { "so, <@300> what is it?", "so, what is it?" },
        { "what is it, <@300>?", "what is it,?" },
        { "what is it <@300>", "what is it" },
        { "<@300> <@300>  twice", "twice" },
        { "a\\n<@300>  b", "a\nb" },
        { "<@300>", "" },
        { "<@7> and <@3000> and <@30> and <@300", "<@7> and <@3000> and <@30> and <@300" },
        { "<@&300> <#300> <@!300", "<@&300> <#300> <@!300" },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char members[512];
        struct read r;
        snprintf(members, sizeof members, MENTIONED "\"content\":\"%s\"", row[i].content);
        read_with(&r, members);
        assert_int_equal(r.rc, 0);
        assert_true(r.m.mentions_us);
        assert_string_equal(r.m.text, row[i].text);
        arena_wipe(&r.a);
    }
}

/* In a block of code it is text: then Discord does not list us. */
static void message__what_only_looks_like_a_mention_stays(void **state X_UNUSED)
{
    struct read r;
    read_with(&r, "\"mentions\":[{\"id\":\"7\"}],\"content\":\"`<@300>` hi\"");
    assert_false(r.m.mentions_us);
    assert_string_equal(r.m.text, "`<@300>` hi");
    arena_wipe(&r.a);
}

static void message__a_reply_and_whose(void **state X_UNUSED)
{
    struct read r;
    read_with(&r, "\"type\":19,\"content\":\"x\"");
    assert_int_equal(r.rc, X_E_INVALID); /* a key said twice */
    arena_wipe(&r.a);
    arena_init(&r.a, KIT_BYTES);
    assert_int_equal(
        dc_message_read(
            str_of("{\"id\":\"900\",\"channel_id\":\"500\",\"author\":{\"id\":\"200\"},\"type\":19,"
                   "\"message_reference\":{\"message_id\":\"899\",\"channel_id\":\"500\"},"
                   "\"referenced_message\":{\"id\":\"899\",\"author\":{\"id\":\"300\"}}}"),
            &kit_me, &r.a, &r.m, NULL),
        0);
    assert_true(r.m.replies_to_us && r.m.speaks && !r.m.mentions_us);
    assert_string_equal(r.m.reply_to, "899");
    assert_string_equal(r.m.text, "");
    assert_int_equal(
        dc_message_read(
            str_of("{\"id\":\"900\",\"channel_id\":\"500\",\"author\":{\"id\":\"200\"},\"type\":19,"
                   "\"referenced_message\":null}"),
            &kit_me, &r.a, &r.m, NULL),
        0);
    assert_false(r.m.replies_to_us);
    arena_wipe(&r.a);
}

static void message__nobody_that_is_to_be_answered(void **state X_UNUSED)
{
    static const struct {
        const char *author, *more;
        bool bot, webhook, speaks;
    } row[] = {
        { "{\"id\":\"1\",\"bot\":true}", "\"type\":0", true, false, true },
        { "{\"id\":\"1\",\"system\":true}", "\"type\":0", true, false, true },
        { "{\"id\":\"1\"}", "\"type\":0,\"webhook_id\":\"1\"", false, true, true },
        { "{\"id\":\"1\"}", "\"type\":7", false, false, false },
        { "{\"id\":\"1\"}", "\"type\":20", false, false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char json[256];
        struct read r;
        snprintf(json, sizeof json, "{\"id\":\"9\",\"channel_id\":\"5\",\"author\":%s,%s}", row[i].author,
                 row[i].more);
        arena_init(&r.a, KIT_BYTES);
        assert_int_equal(dc_message_read(str_of(json), &kit_me, &r.a, &r.m, NULL), 0);
        assert_true(r.m.author_bot == row[i].bot && r.m.webhook == row[i].webhook &&
                    r.m.speaks == row[i].speaks);
        arena_wipe(&r.a);
    }
}

static void message__in_a_thread(void **state X_UNUSED)
{
    struct read r;
    read_with(&r, "\"position\":3,\"content\":\"x\"");
    assert_true(r.m.in_thread && r.m.parent_id[0] == '\0');
    arena_wipe(&r.a);
    read_with(&r, "\"channel\":{\"id\":\"500\",\"type\":11,\"parent_id\":\"499\"}");
    assert_true(r.m.in_thread);
    assert_string_equal(r.m.parent_id, "499");
    arena_wipe(&r.a);
    read_with(&r, "\"channel\":{\"id\":\"500\",\"type\":0,\"parent_id\":\"499\"}");
    assert_true(!r.m.in_thread && r.m.parent_id[0] == '\0');
    arena_wipe(&r.a);
}

static void message__attachments_by_kind(void **state X_UNUSED)
{
    static const enum dc_media want[] = { DC_IMAGE, DC_AUDIO, DC_VIDEO,  DC_TEXT_FILE,
                                          DC_FILE,  DC_FILE,  DC_STICKER };
    struct read r;
    read_with(
        &r, "\"attachments\":[{\"size\":5,\"content_type\":\"image/png\"},{\"content_type\":\"audio/ogg\","
            "\"size\":-2},{\"content_type\":\"video/mp4\"},{\"content_type\":\"text/plain; charset=utf-8\"},"
            "{\"content_type\":\"application/pdf\",\"size\":1e9},{}],\"sticker_items\":[{\"id\":\"1\"}]");
    assert_int_equal(r.m.attachments, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(r.m.attachment[i].media, want[i]);
    assert_int_equal(r.m.attachment[0].bytes, 5);
    assert_int_equal(r.m.attachment[1].bytes, 0);
    assert_int_equal(r.m.attachment[4].bytes, 1000000000);
    arena_wipe(&r.a);
    read_with(&r, "\"flags\":8192,\"attachments\":[{\"content_type\":\"audio/ogg\"}]");
    assert_int_equal(r.m.attachment[0].media, DC_VOICE);
    arena_wipe(&r.a);
}

static void message__too_long_a_text_is_told_and_the_rest_is_there(void **state X_UNUSED)
{
    char *text = kit_repeated("x", MESSAGE_TEXT_MAX + 1), *members = NULL;
    struct read r;
    assert_true(asprintf(&members, MENTIONED "\"content\":\"%s\"", text) > 0);
    read_with(&r, members);
    assert_int_equal(r.rc, X_E_LIMIT);
    assert_non_null(strstr(r.err.text, "32769"));
    assert_string_equal(r.m.text, "");
    assert_string_equal(r.m.channel_id, "500");
    assert_true(r.m.mentions_us);
    arena_wipe(&r.a);
    members[strlen(members) - 2] = '"';
    members[strlen(members) - 1] = '\0';
    read_with(&r, members);
    assert_int_equal(r.rc, 0);
    assert_int_equal(strlen(r.m.text), MESSAGE_TEXT_MAX);
    arena_wipe(&r.a);
    free(members);
    free(text);
}

static void message__without_what_every_one_has(void **state X_UNUSED)
{
    static const char *const json[] = {
        "",
        "[]",
        "null",
        "{}",
        "{\"id\":\"1\",\"channel_id\":\"2\"}",
        "{\"id\":\"1\",\"author\":{\"id\":\"3\"}}",
        "{\"channel_id\":\"2\",\"author\":{\"id\":\"3\"}}",
        "{\"id\":1,\"channel_id\":\"2\",\"author\":{\"id\":\"3\"}}",
        "{\"id\":\"1\",\"channel_id\":\"2\",\"author\":\"3\"}",
        "{\"id\":\"1x\",\"channel_id\":\"2\",\"author\":{\"id\":\"3\"}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        struct err err = { "" };
        struct read r;
        arena_init(&r.a, KIT_BYTES);
        assert_int_equal(dc_message_read(str_of(json[i]), &kit_me, &r.a, &r.m, &err), X_E_INVALID);
        assert_true(err.text[0]);
        arena_wipe(&r.a);
    }
}

static void message__out_of_memory_is_told(void **state X_UNUSED)
{
    static const char json[] =
        "{\"id\":\"1\",\"channel_id\":\"2\",\"guild_id\":\"4\",\"author\":{\"id\":\"3\"},\"content\":"
        "\"hello\","
        "\"member\":{\"roles\":[\"41\",\"42\"]},\"attachments\":[{}],\"type\":19,\"message_reference\":{"
        "\"message_id\":\"899\"}}";
    int rc = -ENOMEM;
    for (size_t cap = 16; rc == -ENOMEM && cap < 4096; cap += 16) {
        struct dc_message m;
        struct arena a;
        arena_init(&a, cap);
        rc = dc_message_read(str_of(json), &kit_me, &a, &m, NULL);
        arena_wipe(&a);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__of_a_guild),
        cmocka_unit_test(message__of_a_dm_has_no_guild),
        cmocka_unit_test(message__our_mention_is_cut_out),
        cmocka_unit_test(message__what_only_looks_like_a_mention_stays),
        cmocka_unit_test(message__a_reply_and_whose),
        cmocka_unit_test(message__nobody_that_is_to_be_answered),
        cmocka_unit_test(message__in_a_thread),
        cmocka_unit_test(message__attachments_by_kind),
        cmocka_unit_test(message__too_long_a_text_is_told_and_the_rest_is_there),
        cmocka_unit_test(message__without_what_every_one_has),
        cmocka_unit_test(message__out_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("wire_message", tests, NULL, NULL);
}
