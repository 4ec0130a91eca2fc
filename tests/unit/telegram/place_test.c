/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an answer goes is an outbox address: it comes back as it was written, whatever the ids, and what is
 * no address is told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/telegram/inside.h"

static void place__comes_back_as_it_was_written(void **state X_UNUSED)
{
    static const int64_t ids[] = { 1, -1, -1001234567890, (1LL << 52) - 1, -((1LL << 52) - 1) };
    struct arena a;
    arena_init(&a, 1U << 16);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        const struct place in = { .chat = ids[i],
                                  .thread = 9,
                                  .reply_to = 2147483648,
                                  .user = 1LL << 51,
                                  .group = ids[i] < 0,
                                  .lang = "pt-br",
                                  .guest = "a\"b" };
        struct place out;
        char *text = place_write(&in, &a);
        assert_true(text && strlen(text) < MESSAGE_ADDRESS_MAX);
        assert_true(place_read(&out, text));
        assert_true(out.chat == in.chat && out.thread == 9 && out.reply_to == in.reply_to);
        assert_true(out.group == in.group && out.user == in.user);
        assert_string_equal(out.guest, in.guest);
        assert_string_equal(out.lang, "pt-br");
    }
    arena_wipe(&a);
}

static void place__what_is_none_is_told_apart(void **state X_UNUSED)
{
    static const char *const bad[] = { "", "{", "[]", "{}", "{\"chat\":\"7\"}", "{\"chat\":0}", "7" };
    struct place out;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(place_read(&out, bad[i]));
    assert_true(place_read(&out, "{\"chat\":7,\"lang\":\"a-very-long-one\"}"));
    assert_string_equal(out.lang, "a-ver");
}

static void place__only_groups_are_replied_to(void **state X_UNUSED)
{
    struct tg_update u = {
        .kind = TG_MESSAGE, .chat = TG_PRIVATE, .chat_id = 7, .message_id = 5, .guest = ""
    };
    struct item it = { .u = &u, .lang = "de" };
    assert_int_equal(place_of(&it).reply_to, 0);
    u.chat = TG_SUPERGROUP;
    assert_int_equal(place_of(&it).reply_to, 5);
    u.kind = TG_CALLBACK; /* its message is our own */
    assert_int_equal(place_of(&it).reply_to, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place__comes_back_as_it_was_written),
        cmocka_unit_test(place__what_is_none_is_told_apart),
        cmocka_unit_test(place__only_groups_are_replied_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
