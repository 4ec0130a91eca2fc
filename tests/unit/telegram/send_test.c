/* SPDX-License-Identifier: Apache-2.0
 *
 * What reaches Telegram, how often, and what the owner of a call is told, when the other side refuses, breaks
 * off, stays silent or is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/send_rig.h"

/* ---- the plain way ---- */

static void send__posts_and_tells_the_id(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    send_probe_send(&p, r, MESSAGE(7, "hi"));
    assert_int_equal(tg_sender_waiting(r->sender), 1);
    send_rig_until_done(r);
    send_probe_ended(&p, TG_OK, false);
    assert_int_equal(p.reply.message_id, 1);
    assert_string_equal(r->bot.call[0].path, "/bot" TOKEN "/sendMessage");
    assert_string_equal(r->bot.call[0].body, "{\"chat_id\":7,\"text\":\"hi\"}");
    assert_int_equal(tg_sender_waiting(r->sender), 0);
}

static void send__nobody_has_to_wait_for_it(void **state)
{
    struct send_rig *r = *state;
    assert_int_equal(
        tg_send(r->sender, &(struct tg_call){ .method = "sendChatAction", .body = "{}", .chat_id = 7 }), 0);
    send_rig_until_calls(r, 1);
    send_rig_spend(r, 500);
    assert_int_equal(tg_sender_waiting(r->sender), 0);
}

static void send__next_of_a_chat_waits_for_the_answer(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[4] = { 0 };
    r->after = (struct fake_bot_reply){ .way = BOT_HOLDS };
    for (int i = 0; i < SCRIPT_STEP; i++)
        r->script[i] = r->after;
    send_probe_send(&p[0], r, MESSAGE(7, "1"));
    send_probe_send(&p[1], r, MESSAGE(7, "2"));
    send_probe_send(&p[2], r, MESSAGE(8, "3"));
    send_rig_until_calls(r, 2);
    send_rig_spend(r, 1000);
    assert_int_equal(r->bot.calls, 2);
    assert_int_equal(r->bot.call[0].chat, 7);
    assert_int_equal(r->bot.call[1].chat, 8);
    fake_bot_release(&r->bot);
    send_rig_until_calls(r, 3);
    fake_bot_release(&r->bot);
    send_rig_until_done(r);
    assert_true(p[0].order < p[1].order);
}

static void send__a_hundred_chats_of_fifty_drain_in_order(void **state)
{
    struct send_rig *r = *state;
    enum { CHATS = 100, EACH = 50 };
    struct send_probe *p = calloc(CHATS * EACH, sizeof *p);
    int seen[CHATS] = { 0 };
    assert_non_null(p);
    for (int i = 0; i < CHATS * EACH; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i / CHATS);
        send_probe_send(&p[i], r, MESSAGE(1 + i % CHATS, text));
    }
    send_rig_until_done(r);
    assert_int_equal(r->bot.calls, CHATS * EACH);
    for (size_t i = 0; i < r->bot.calls; i++) {
        int n = -1;
        assert_int_equal(sscanf(r->bot.call[i].body, "{\"chat_id\":%*d,\"text\":\"%d\"}", &n), 1);
        assert_int_equal(n, seen[r->bot.call[i].chat - 1]++);
    }
    for (int i = 0; i < CHATS * EACH; i++)
        send_probe_ended(&p[i], TG_OK, false);
    int64_t took = r->bot.call[r->bot.calls - 1].at_ms - r->bot.call[0].at_ms;
    assert_true(took >= (CHATS * EACH - 30) / 30 * 1000 - 2 * TICK_MS);
    assert_true(r->bot.connections <= 64); /* they are kept and used again */
    free(p);
}

static void send__so_many_are_on_their_way_at_most(void **state)
{
    struct send_rig *r = *state;
    struct send_probe *p = calloc(200, sizeof *p);
    r->after = (struct fake_bot_reply){ .way = BOT_HOLDS };
    for (int i = 0; i < SCRIPT_STEP; i++)
        r->script[i] = r->after;
    for (int i = 0; i < 200; i++)
        send_probe_send(&p[i], r, TYPING(i + 1));
    send_rig_until_calls(r, 64);
    send_rig_spend(r, 1000);
    assert_int_equal(r->bot.calls, 64);
    r->after = (struct fake_bot_reply){ 0 };
    fake_bot_release(&r->bot);
    send_rig_until_done(r);
    assert_int_equal(r->bot.most, 64);
    assert_int_equal(r->bot.calls, 200);
    free(p);
}

/* ---- 429 ---- */

static void send__flood_of_a_chat_delays_no_other(void **state)
{
    struct send_rig *r = *state;
    struct send_probe a[2] = { 0 }, b = { 0 };
    r->script[0] = (struct fake_bot_reply)FLOOD(30);
    send_probe_send(&a[0], r, MESSAGE(7, "a"));
    send_rig_until_calls(r, 1);
    send_probe_send(&a[1], r, MESSAGE(7, "later"));
    send_probe_send(&b, r, MESSAGE(8, "b"));
    send_rig_until_done(r);
    send_probe_ended(&a[0], TG_OK, false);
    assert_int_equal(r->bot.calls, 4);
    assert_int_equal(r->bot.call[1].chat, 8);
    assert_true(r->bot.call[1].at_ms - r->bot.call[0].at_ms < 2000);
    assert_true(r->bot.call[2].at_ms - r->bot.call[0].at_ms >= 30000);
    assert_string_equal(r->bot.call[2].body, r->bot.call[0].body); /* and before "later" */
    assert_int_equal(send_rig_logged(r, "telegram.flood"), 1);
}

static void send__flood_again_and_again_is_one_success(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    for (int i = 0; i < 12; i++)
        r->script[i] = (struct fake_bot_reply)FLOOD(1);
    send_probe_send(&p, r, MESSAGE(7, "a"));
    send_rig_until_done(r);
    send_probe_ended(&p, TG_OK, false);
    assert_int_equal(r->bot.calls, 13);
}

static void send__flood_is_known_by_its_head_alone(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    r->script[0] =
        (struct fake_bot_reply){ .way = BOT_CUTS, .status = 429, .retry_after = 9, .body = "{\"ok\":fal" };
    send_probe_send(&p, r, MESSAGE(7, "a"));
    send_rig_until_done(r);
    send_probe_ended(&p, TG_OK, false);
    assert_int_equal(r->bot.calls, 2);
    assert_true(r->bot.call[1].at_ms - r->bot.call[0].at_ms >= 9000);
}

static void send__droppable_is_dropped_not_queued(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 }, typing[3] = { 0 };
    r->script[0] = (struct fake_bot_reply)FLOOD(30);
    send_probe_send(&p, r, MESSAGE(7, "a"));
    send_probe_send(&typing[0], r, TYPING(7)); /* before the refusal */
    send_rig_until_calls(r, 1);
    send_rig_spend(r, 1000);
    send_probe_send(&typing[1], r, TYPING(7)); /* after it */
    send_probe_send(&typing[2], r, TYPING(8));
    send_rig_until_done(r);
    send_probe_ended(&typing[0], TG_FLOOD, false);
    send_probe_ended(&typing[1], TG_FLOOD, false);
    assert_in_range(typing[1].reply.retry_after_ms, 20000, 30000);
    send_probe_ended(&typing[2], TG_OK, false);
    assert_true(typing[1].at_ms < p.at_ms);
    assert_int_equal(r->bot.calls, 3);
}

/* Nothing else happens that could wake the sender. */
static void send__late_droppable_is_told_at_once(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 }, typing[3] = { 0 };
    r->script[0] = (struct fake_bot_reply){ .way = BOT_HOLDS };
    send_probe_send(&p, r, (struct tg_call){ .method = "deleteMessage", .chat_id = 7 });
    send_rig_until_calls(r, 1);
    for (int i = 0; i < 3; i++)
        send_probe_send(&typing[i], r, TYPING(7));
    send_rig_spend(r, 3000);
    timer_stop(&r->tick);
    fake_bot_release(&r->bot);
    send_rig_until_done(r);
    send_probe_ended(&p, TG_OK, false);
    for (int i = 0; i < 3; i++)
        send_probe_ended(&typing[i], TG_RETRY, false);
    assert_int_equal(r->bot.calls, 1);
}

static void send__droppable_that_is_refused_is_not_repeated(void **state)
{
    struct send_rig *r = *state;
    struct send_probe typing = { 0 }, p = { 0 };
    r->script[0] = (struct fake_bot_reply)FLOOD(5);
    send_probe_send(&typing, r, TYPING(7));
    send_rig_until_done(r);
    send_probe_ended(&typing, TG_FLOOD, false);
    assert_int_equal(typing.reply.retry_after_ms, 5000);
    send_probe_send(&p, r, MESSAGE(7, "a")); /* it has to wait all the same */
    send_rig_until_done(r);
    assert_int_equal(r->bot.calls, 2);
    assert_true(r->bot.call[1].at_ms - r->bot.call[0].at_ms >= 5000);
}

/* ---- what may have arrived ---- */

static void check_maybe(struct send_rig *r, struct fake_bot_reply way)
{
    struct send_probe p = { 0 }, next = { 0 };
    size_t before = r->bot.calls;
    r->script[before] = way;
    send_probe_send(&p, r, MESSAGE(7, "a"));
    send_probe_send(&next, r, MESSAGE(7, "b"));
    send_rig_until_done(r);
    send_probe_ended(&p, TG_RETRY, true);
    send_probe_ended(&next, TG_OK, false);
    assert_int_equal(r->bot.calls, before + 2);
}

static void check_no_more(struct send_rig *r)
{
    size_t calls = r->bot.calls;
    send_rig_spend(r, 60000);
    assert_int_equal(r->bot.calls, calls);
}

static void send__5xx_may_have_arrived_and_is_not_repeated(void **state)
{
    static const int status[] = { 500, 502, 503, 504, 520 };
    for (size_t i = 0; i < ARRAY_LEN(status); i++)
        check_maybe(*state, (struct fake_bot_reply){ .status = status[i], .body = REFUSAL(500, "restart") });
    check_maybe(*state, (struct fake_bot_reply){ .status = 502, .body = "<html>Bad Gateway</html>" });
    check_no_more(*state);
    struct send_rig *r = *state;
    assert_int_equal(send_rig_logged(r, "telegram.send_trouble"), 6); /* a line for each change */
    assert_int_equal(send_rig_logged(r, "telegram.send_up"), 6);
}

static void send__a_storm_is_one_line(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[12] = { 0 };
    for (int i = 0; i < 10; i++)
        r->script[i] = (struct fake_bot_reply){ .status = 502, .body = "<html>" };
    for (int i = 0; i < 12; i++)
        send_probe_send(&p[i], r, MESSAGE(i + 1, "a"));
    send_rig_until_done(r);
    assert_int_equal(send_rig_logged(r, "telegram.send_trouble"), 1);
    assert_int_equal(send_rig_logged(r, "telegram.send_up"), 1);
}

static void send__floods_are_one_line_a_minute(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[30] = { 0 };
    r->after = (struct fake_bot_reply)FLOOD(1);
    for (int i = 0; i < SCRIPT_STEP; i++)
        r->script[i] = r->after;
    for (int i = 0; i < 30; i++)
        send_probe_send(&p[i], r, MESSAGE(i + 1, "a"));
    send_rig_spend(r, 50000);
    assert_true(r->bot.calls > 300);
    assert_int_equal(send_rig_logged(r, "telegram.flood"), 1);
    send_rig_spend(r, 60000);
    assert_int_equal(send_rig_logged(r, "telegram.flood"), 2);
    r->after = (struct fake_bot_reply){ 0 };
    send_rig_until_done(r);
    for (int i = 0; i < 30; i++)
        send_probe_ended(&p[i], TG_OK, false);
}

static void send__broken_connection_may_have_arrived(void **state)
{
    check_maybe(*state, (struct fake_bot_reply){ .way = BOT_DROPS });
    check_maybe(*state, (struct fake_bot_reply){ .way = BOT_CUTS });
    check_maybe(*state, (struct fake_bot_reply){ .body = "welcome to our hotel" });
    check_no_more(*state);
}

static void send__silence_may_have_arrived(void **state)
{
    struct send_rig *r = *state;
    r->timeout_ms = 400;
    send_rig_sender(r);
    fake_bot_listen(&r->bot);
    check_maybe(r, (struct fake_bot_reply){ .way = BOT_HOLDS });
    check_no_more(r);
    assert_int_equal(send_rig_logged(r, "telegram.send_trouble"), 1);
    assert_int_equal(send_rig_logged(r, "telegram.send_up"), 1);
}

static void send__refusals_are_told_as_they_are(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[3] = { 0 };
    r->script[0] = (struct fake_bot_reply){ .status = 403,
                                            .body = REFUSAL(403, "Forbidden: bot was blocked by the user") };
    r->script[1] = (struct fake_bot_reply){ .status = 400, .body = REFUSAL(400, "Bad Request: no idea") };
    r->script[2] = (struct fake_bot_reply){ .status = 401, .body = REFUSAL(401, "Unauthorized") };
    for (int i = 0; i < 3; i++)
        send_probe_send(&p[i], r, MESSAGE(7, "a"));
    send_rig_until_done(r);
    send_probe_ended(&p[0], TG_GONE, false);
    send_probe_ended(&p[1], TG_BAD, false);
    send_probe_ended(&p[2], TG_UNAUTHORIZED, false);
    assert_int_equal(r->bot.calls, 3);
}

/* ---- what never left ---- */

static void send__refused_connection_is_tried_again(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    send_rig_sender(r);
    send_probe_send(&p, r, MESSAGE(7, "a"));
    while (!send_rig_logged(r, "telegram.send_trouble"))
        uv_run(&r->loop.uv, UV_RUN_ONCE);
    fake_bot_listen(&r->bot);
    send_rig_until_done(r);
    send_probe_ended(&p, TG_OK, false);
    assert_int_equal(r->bot.calls, 1);
    assert_int_equal(send_rig_logged(r, "telegram.send_trouble"), 1);
    assert_int_equal(send_rig_logged(r, "telegram.send_up"), 1);
}

static void send__refused_connections_end_after_five(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[20] = { 0 };
    int64_t from = r->mono_ms, longest = 0;
    send_rig_sender(r);
    for (int i = 0; i < 20; i++)
        send_probe_send(&p[i], r, MESSAGE(i + 1, "a"));
    send_rig_until_done(r);
    for (int i = 0; i < 20; i++) {
        send_probe_ended(&p[i], TG_RETRY, false);
        assert_true(p[i].reply.detail[0]);
        longest = p[i].at_ms > longest ? p[i].at_ms : longest;
    }
    assert_in_range(longest - from, 10000,
                    2000 + 4000 + 8000 + 16000 + 20 * TICK_MS); /* of 20, one waits long */
    assert_int_equal(send_rig_logged(r, "telegram.send_trouble"), 1);
}

static void send__failed_handshakes_end_after_five(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    send_rig_sender_by(r, "https");
    fake_bot_listen(&r->bot);
    send_probe_send(&p, r, MESSAGE(7, "a"));
    send_rig_until_done(r);
    send_probe_ended(&p, TG_RETRY, false);
    assert_int_equal(r->bot.connections, 5);
    assert_int_equal(r->bot.calls, 0);
}

static void send__droppable_that_never_left_is_over(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    send_rig_sender(r);
    send_probe_send(&p, r, TYPING(7));
    send_rig_until_done(r);
    send_probe_ended(&p, TG_RETRY, false);
    assert_true(p.at_ms - 1000000 < 2000);
}

/* No URL comes of it, so there is no second try either. */
static void send__what_is_no_call_is_our_bug(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { 0 };
    send_probe_send(&p, r, (struct tg_call){ .method = "send message", .chat_id = 7 });
    send_rig_until_done(r);
    send_probe_ended(&p, TG_BAD, false);
    assert_true(p.at_ms - 1000000 < 2000);
}

#define CASE(name)      cmocka_unit_test_setup_teardown(name, send_rig_setup_open, send_rig_teardown)
#define BARE_CASE(name) cmocka_unit_test_setup_teardown(name, send_rig_setup, send_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(send__posts_and_tells_the_id),
        CASE(send__nobody_has_to_wait_for_it),
        CASE(send__next_of_a_chat_waits_for_the_answer),
        CASE(send__a_hundred_chats_of_fifty_drain_in_order),
        CASE(send__so_many_are_on_their_way_at_most),
        CASE(send__flood_of_a_chat_delays_no_other),
        CASE(send__flood_again_and_again_is_one_success),
        CASE(send__flood_is_known_by_its_head_alone),
        CASE(send__droppable_is_dropped_not_queued),
        CASE(send__late_droppable_is_told_at_once),
        CASE(send__droppable_that_is_refused_is_not_repeated),
        CASE(send__5xx_may_have_arrived_and_is_not_repeated),
        CASE(send__a_storm_is_one_line),
        CASE(send__floods_are_one_line_a_minute),
        CASE(send__broken_connection_may_have_arrived),
        BARE_CASE(send__silence_may_have_arrived),
        CASE(send__refusals_are_told_as_they_are),
        BARE_CASE(send__refused_connection_is_tried_again),
        BARE_CASE(send__refused_connections_end_after_five),
        BARE_CASE(send__failed_handshakes_end_after_five),
        BARE_CASE(send__droppable_that_never_left_is_over),
        CASE(send__what_is_no_call_is_our_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
