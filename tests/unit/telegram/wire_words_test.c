/* SPDX-License-Identifier: Apache-2.0
 *
 * Mentions and commands: found by entities in UTF-16 offsets and by nothing else, and cut out of the text so
 * that what stays reads as if they had not been there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/telegram/wire.h"

#define SMILE     "\xF0\x9F\x99\x82"
#define ASTRONAUT "\xF0\x9F\xA7\x91\xE2\x80\x8D\xF0\x9F\x9A\x80" /* three code points, five units */

static const struct tg_me me = { .id = 123456, .username = "parley_test_bot" };

struct world {
    struct arena a;
    struct tg_update u;
    struct buf json;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    arena_init(&w->a, 1U << 20);
    buf_init(&w->json, 4U << 20);
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

static const struct tg_update *said_as(struct world *w, const char *text, const char *entities, bool caption)
{
    buf_clear(&w->json);
    buf_printf(&w->json, "{\"update_id\":1,\"message\":{\"chat\":{\"id\":-5,\"type\":\"group\"},\"%s\":",
               caption ? "caption" : "text");
    buf_json_string(&w->json, text, strlen(text));
    buf_printf(&w->json, ",\"%sentities\":%s}}", caption ? "caption_" : "", entities);
    assert_int_equal(tg_update_read(buf_text(&w->json), w->json.len, &me, &w->a, &w->u, NULL), 0);
    return &w->u;
}

static const struct tg_update *said(struct world *w, const char *text, const char *entities)
{
    return said_as(w, text, entities, false);
}

/* An entity over `part` of `text`, its place counted here by another way than in the code under test. */
static const char *over(char *out, size_t size, const char *type, const char *text, const char *part)
{
    const char *at = strstr(text, part);
    size_t offset = 0, length = 0;
    assert_non_null(at);
    for (const char *p = text; p < at + strlen(part); p++) {
        unsigned char c = (unsigned char)*p;
        size_t units = (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
        *(p < at ? &offset : &length) += units;
    }
    snprintf(out, size, "[{\"type\":\"%s\",\"offset\":%zu,\"length\":%zu}]", type, offset, length);
    return out;
}

static void mention__is_cut_out(void **state)
{
    static const struct {
        const char *text, *left;
    } row[] = {
        { "@parley_test_bot what is gas?", "what is gas?" },
        { "what is gas @parley_test_bot", "what is gas" },
        { "Hey @parley_test_bot, what is gas?", "Hey, what is gas?" },
        { "so @parley_test_bot what is gas?", "so what is gas?" },
        { "one\n@parley_test_bot two", "one\ntwo" },
        { "one @parley_test_bot\ntwo", "one\ntwo" },
        { SMILE " @parley_test_bot " SMILE, SMILE " " SMILE },
        { ASTRONAUT "\xC3\xA9\xE4\xBD\xA0 @parley_test_bot \xE4\xBD\xA0?",
          ASTRONAUT "\xC3\xA9\xE4\xBD\xA0 \xE4\xBD\xA0?" },
        { "@parley_test_bot", "" },
    };
    struct world *w = *state;
    char entity[128];
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        over(entity, sizeof entity, "mention", row[i].text, "@parley_test_bot");
        said(w, row[i].text, entity);
        assert_true(w->u.mentions_us);
        assert_string_equal(w->u.text, row[i].left);
        assert_int_equal(w->u.kind, TG_MESSAGE);
    }
}

static void mention__case_does_not_matter(void **state)
{
    const struct tg_update *u =
        said(*state, "@Parley_TEST_Bot hi", "[{\"type\":\"mention\",\"offset\":0,\"length\":16}]");
    assert_true(u->mentions_us);
    assert_string_equal(u->text, "hi");
}

static void mention__is_never_found_by_its_letters(void **state)
{
    static const struct {
        const char *text, *entities;
    } row[] = {
        { "@parley_test_bot hi", "[]" },
        { "@parley_test_bot hi", "[{\"type\":\"code\",\"offset\":0,\"length\":16}]" },
        { "@parley_test_bot_2 hi", "[{\"type\":\"mention\",\"offset\":0,\"length\":18}]" },
        { "@parley_test_bo hi", "[{\"type\":\"mention\",\"offset\":0,\"length\":15}]" },
        { "xparley_test_bot hi", "[{\"type\":\"mention\",\"offset\":0,\"length\":16}]" },
        { "@ann_smith hi", "[{\"type\":\"mention\",\"offset\":0,\"length\":10}]" },
        { "https://x.example/@parley_test_bot", "[{\"type\":\"url\",\"offset\":0,\"length\":34}]" },
        { "Parley hi", "[{\"type\":\"text_mention\",\"offset\":0,\"length\":6,\"user\":{\"id\":5}}]" },
        { "Parley hi", "[{\"type\":\"text_mention\",\"offset\":0,\"length\":6}]" },
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        said(w, row[i].text, row[i].entities);
        assert_false(w->u.mentions_us);
        assert_string_equal(w->u.text, row[i].text);
    }
}

static void mention__by_our_id_without_a_username(void **state)
{
    const struct tg_update *u =
        said(*state, SMILE "Parley what is gas?",
             "[{\"type\":\"text_mention\",\"offset\":2,\"length\":6,\"user\":{\"id\":123456}}]");
    assert_true(u->mentions_us);
    assert_string_equal(u->text, SMILE " what is gas?");
}

static void mention__twice_and_beside_others(void **state)
{
    const struct tg_update *u = said(*state, "@parley_test_bot and @ann_smith and @parley_test_bot!",
                                     "[{\"type\":\"mention\",\"offset\":0,\"length\":16},"
                                     "{\"type\":\"mention\",\"offset\":21,\"length\":10},"
                                     "{\"type\":\"mention\",\"offset\":36,\"length\":16}]");
    assert_true(u->mentions_us);
    assert_string_equal(u->text, "and @ann_smith and!");
}

static void entity__impossible_ones_are_passed_over(void **state)
{
    static const char *const entities[] = {
        "[{\"type\":\"mention\",\"offset\":1,\"length\":17}]", /* inside the pair */
        "[{\"type\":\"mention\",\"offset\":0,\"length\":1}]",
        "[{\"type\":\"mention\",\"offset\":2,\"length\":17}]",
        "[{\"type\":\"mention\",\"offset\":2,\"length\":0}]",
        "[{\"type\":\"mention\",\"offset\":2,\"length\":-16}]",
        "[{\"type\":\"mention\",\"offset\":-2,\"length\":16}]",
        "[{\"type\":\"mention\",\"offset\":1e300,\"length\":1e300}]",
        "[{\"type\":\"mention\",\"offset\":9007199254740992,\"length\":9007199254740992}]",
        "[{\"type\":\"mention\",\"offset\":\"2\",\"length\":16}]",
        "[{\"type\":7,\"offset\":2,\"length\":16}]",
        "[7,null,\"mention\",[]]",
        "{\"type\":\"mention\"}",
        "\"mention\"",
        "null",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        said(w, SMILE "@parley_test_bot", entities[i]);
        assert_false(w->u.mentions_us);
        assert_string_equal(w->u.text, SMILE "@parley_test_bot");
    }
}

static void entity__one_said_twice_cuts_once(void **state)
{
    const struct tg_update *u = said(*state, SMILE "@parley_test_bot",
                                     "[{\"type\":\"mention\",\"offset\":2,\"length\":16},"
                                     "{\"type\":\"mention\",\"offset\":2,\"length\":16}]");
    assert_true(u->mentions_us);
    assert_string_equal(u->text, SMILE);
}

static void command__with_and_without_our_name(void **state)
{
    static const struct {
        const char *text, *entity, *command, *left;
    } row[] = {
        { "/ask what is gas?", "/ask", "ask", "what is gas?" },
        { "/ask@parley_test_bot what is gas?", "/ask@parley_test_bot", "ask", "what is gas?" },
        { "/Ask@PARLEY_test_bot what is gas?", "/Ask@PARLEY_test_bot", "ask", "what is gas?" },
        { "/start", "/start", "start", "" },
        { "/ask\n" SMILE, "/ask", "ask", SMILE },
        { "/set_2 x", "/set_2", "set_2", "x" },
    };
    struct world *w = *state;
    char entity[128];
    for (size_t i = 0; i < ARRAY_LEN(row) * 2; i++) {
        bool caption = i >= ARRAY_LEN(row);
        size_t r = i % ARRAY_LEN(row);
        over(entity, sizeof entity, "bot_command", row[r].text, row[r].entity);
        said_as(w, row[r].text, entity, caption);
        assert_string_equal(w->u.command, row[r].command);
        assert_string_equal(w->u.text, row[r].left);
        assert_false(w->u.for_other);
        assert_false(w->u.mentions_us);
    }
}

static void command__of_another_bot(void **state)
{
    static const char *const text[] = { "/ask@otherbot", "/ask@parley_test_bot2", "/ask@" };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        char entity[128];
        said(w, text[i], over(entity, sizeof entity, "bot_command", text[i], text[i]));
        assert_true(w->u.for_other);
        assert_string_equal(w->u.command, "");
    }
}

static void command__only_at_the_beginning_and_only_by_its_entity(void **state)
{
    static const struct {
        const char *text, *entities;
    } row[] = {
        { "see /ask", "[{\"type\":\"bot_command\",\"offset\":4,\"length\":4}]" },
        { SMILE "/ask", "[{\"type\":\"bot_command\",\"offset\":2,\"length\":4}]" },
        { "/ask", "[]" },
        { "ask me", "[{\"type\":\"bot_command\",\"offset\":0,\"length\":3}]" },
        { "/", "[{\"type\":\"bot_command\",\"offset\":0,\"length\":1}]" },
        { "/a-b", "[{\"type\":\"bot_command\",\"offset\":0,\"length\":4}]" },
        { "/\xC3\xA9", "[{\"type\":\"bot_command\",\"offset\":0,\"length\":2}]" },
        { "/@parley_test_bot", "[{\"type\":\"bot_command\",\"offset\":0,\"length\":17}]" },
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        said(w, row[i].text, row[i].entities);
        assert_string_equal(w->u.command, "");
        assert_false(w->u.for_other);
        assert_string_equal(w->u.text, row[i].text);
    }
}

static void command__and_a_mention_behind_it(void **state)
{
    const struct tg_update *u = said(*state, "/ask @parley_test_bot what is gas?",
                                     "[{\"type\":\"bot_command\",\"offset\":0,\"length\":4},"
                                     "{\"type\":\"mention\",\"offset\":5,\"length\":16}]");
    assert_string_equal(u->command, "ask");
    assert_true(u->mentions_us);
    assert_string_equal(u->text, "what is gas?");
}

static void caption__has_entities_of_its_own(void **state)
{
    struct world *w = *state;
    said_as(w, "@parley_test_bot what is this?", "[{\"type\":\"mention\",\"offset\":0,\"length\":16}]", true);
    assert_true(w->u.mentions_us);
    assert_string_equal(w->u.text, "what is this?");
}

static void words__thousands_of_entities_are_one_walk(void **state)
{
    struct world *w = *state;
    struct buf text = BUF_INIT(1U << 20), list = BUF_INIT(1U << 20);
    buf_addc(&list, '[');
    for (int i = 0; i < 1800; i++) {
        buf_adds(&text, "@parley_test_bot ");
        buf_printf(&list, "%s{\"type\":\"mention\",\"offset\":%d,\"length\":16}", i ? "," : "", i * 17);
    }
    buf_adds(&text, "end");
    buf_addc(&list, ']');
    assert_string_equal(said(w, buf_text(&text), buf_text(&list))->text, "end");
    buf_free(&text);
    buf_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mention__is_cut_out, setup, teardown),
        cmocka_unit_test_setup_teardown(mention__case_does_not_matter, setup, teardown),
        cmocka_unit_test_setup_teardown(mention__is_never_found_by_its_letters, setup, teardown),
        cmocka_unit_test_setup_teardown(mention__by_our_id_without_a_username, setup, teardown),
        cmocka_unit_test_setup_teardown(mention__twice_and_beside_others, setup, teardown),
        cmocka_unit_test_setup_teardown(entity__impossible_ones_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(entity__one_said_twice_cuts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(command__with_and_without_our_name, setup, teardown),
        cmocka_unit_test_setup_teardown(command__of_another_bot, setup, teardown),
        cmocka_unit_test_setup_teardown(command__only_at_the_beginning_and_only_by_its_entity, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(command__and_a_mention_behind_it, setup, teardown),
        cmocka_unit_test_setup_teardown(caption__has_entities_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(words__thousands_of_entities_are_one_walk, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
