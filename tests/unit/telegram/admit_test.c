/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is answered, and who is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "adapters/telegram/admit.h"

static const struct admit_lists none;

static struct tg_update said(enum tg_chat chat, const char *text)
{
    return (struct tg_update){ .kind = TG_MESSAGE,
                               .chat = chat,
                               .chat_id = chat == TG_PRIVATE ? 7 : -70,
                               .from_id = 7,
                               .from_lang = "",
                               .text = text,
                               .command = "",
                               .guest = "",
                               .callback_id = "",
                               .data = "" };
}

static void admit__a_private_question_is_one(void **state X_UNUSED)
{
    struct tg_update u = said(TG_PRIVATE, "what is gas?");
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
    u.text = "";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_EMPTY);
    u.media = TG_PHOTO;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_MEDIA);
    u.text = "what is on it?"; /* a caption */
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
}

static void admit__ask_with_a_question_is_a_question(void **state X_UNUSED)
{
    struct tg_update u = said(TG_GROUP, "what is gas?");
    u.command = "ask";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
    u.text = "";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_COMMAND);
    u.command = "start";
    u.text = "ref123";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_COMMAND);
}

static void admit__a_group_is_answered_when_it_speaks_to_us(void **state X_UNUSED)
{
    struct tg_update u = said(TG_SUPERGROUP, "hello all");
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
    u.mentions_us = true;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
    u.mentions_us = false;
    u.replies_to_us = true;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
    u.media = TG_STICKER;
    u.text = "";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
}

static void admit__others_bots_nobodies_and_channels_are_passed_over(void **state X_UNUSED)
{
    struct tg_update u = said(TG_GROUP, "/ask@other what");
    u.mentions_us = u.for_other = true;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
    u = said(TG_GROUP, "x");
    u.mentions_us = u.from_bot = true;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
    u.from_bot = false;
    u.from_id = 0;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
    u = said(TG_CHANNEL, "x");
    u.mentions_us = true;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
    u = said(TG_PRIVATE, "x");
    u.kind = TG_OTHER;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
    u.kind = TG_BLOCKED;
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
}

static void admit__lists_hold_for_people_and_groups_and_deny_wins(void **state X_UNUSED)
{
    const struct admit_lists allow = { .allow = { 8, -70 }, .allows = 2 };
    const struct admit_lists deny = { .deny = { 7 }, .denies = 1, .allow = { 7 }, .allows = 1 };
    struct tg_update u = said(TG_PRIVATE, "x");
    assert_int_equal(admit_update(&u, &allow, false), ADMIT_DENIED);
    assert_int_equal(admit_update(&u, &deny, false), ADMIT_DENIED);
    u = said(TG_GROUP, "x");
    u.mentions_us = true;
    assert_int_equal(admit_update(&u, &allow, false), ADMIT_ASK);
    u.kind = TG_CALLBACK;
    assert_int_equal(admit_update(&u, &allow, false), ADMIT_BUTTON);
    assert_int_equal(admit_update(&u, &deny, false), ADMIT_DENIED);
    u.kind = TG_MIGRATED; /* nobody asks anything: the group has moved whoever may talk in it */
    assert_int_equal(admit_update(&u, &deny, false), ADMIT_MIGRATED);
}

/* Deny wins, admins and who is listed may; all others need a chat that was let in. */
static void admit__pairing_lets_in_chats(void **state X_UNUSED)
{
    const struct admit_lists pairing = {
        .pairing = true, .admin = { 9 }, .admins = 1, .allow = { 8 }, .allows = 1, .deny = { 6 }, .denies = 1
    };
    struct tg_update u = said(TG_GROUP, "x");
    u.mentions_us = true;
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_STRANGER);
    assert_int_equal(admit_update(&u, &pairing, true), ADMIT_ASK);
    u.mentions_us = false; /* nobody speaks to us: no code for that */
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_PASS);
    u = said(TG_PRIVATE, "x");
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_STRANGER);
    u.from_id = 8;
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_ASK);
    u.from_id = 9;
    assert_true(admit_is_admin(&u, &pairing));
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_ASK);
    u.from_id = 6;
    assert_int_equal(admit_update(&u, &pairing, true), ADMIT_DENIED);
    u = said(TG_PRIVATE, "x");
    u.kind = TG_CALLBACK;
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_STRANGER);
    assert_int_equal(admit_update(&u, &pairing, true), ADMIT_BUTTON);
}

static void admit__admins_are_nobodys_allow_list(void **state X_UNUSED)
{
    const struct admit_lists lists = { .admin = { 9 }, .admins = 1 };
    struct tg_update u = said(TG_PRIVATE, "x");
    assert_int_equal(admit_update(&u, &lists, false), ADMIT_ASK);
    assert_false(admit_is_admin(&u, &lists));
}

static void admit__a_guest_query_is_a_question_or_nothing(void **state X_UNUSED)
{
    const struct admit_lists pairing = { .pairing = true, .admin = { 9 }, .admins = 1 };
    struct tg_update u = said(TG_SUPERGROUP, "x");
    u.guest = "q1";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
    assert_int_equal(admit_update(&u, &pairing, false), ADMIT_DENIED);
    u.command = "start";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_ASK);
    u.text = "";
    assert_int_equal(admit_update(&u, &none, false), ADMIT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admit__a_private_question_is_one),
        cmocka_unit_test(admit__ask_with_a_question_is_a_question),
        cmocka_unit_test(admit__a_group_is_answered_when_it_speaks_to_us),
        cmocka_unit_test(admit__others_bots_nobodies_and_channels_are_passed_over),
        cmocka_unit_test(admit__lists_hold_for_people_and_groups_and_deny_wins),
        cmocka_unit_test(admit__pairing_lets_in_chats),
        cmocka_unit_test(admit__admins_are_nobodys_allow_list),
        cmocka_unit_test(admit__a_guest_query_is_a_question_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
