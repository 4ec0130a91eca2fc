/* SPDX-License-Identifier: Apache-2.0
 *
 * The sender and those who use it: what they may do while they are told, how it closes, what it never says.
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

/* ---- owners ---- */

/* As the owner does: says where the chat is now, and sends its words there. */
static void follow(struct send_probe *p)
{
    assert_int_equal(p->reply.end, TG_MOVED);
    assert_int_equal(p->reply.migrated_to, -100);
    tg_sender_moved(p->rig->sender, -1, -100);
    send_probe_send(p, p->rig, MESSAGE(-100, "again"));
    p->then = NULL;
}

static struct fake_bot_reply moved(void *ctx X_UNUSED, const struct fake_bot_call *call)
{
    static const struct fake_bot_reply gone = {
        .status = 400,
        .body =
            "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat was upgraded to a "
            "supergroup chat\",\"parameters\":{\"migrate_to_chat_id\":-100}}"
    };
    return call->chat == -1 ? gone : (struct fake_bot_reply){ 0 };
}

static void send__moved_chat_keeps_its_order(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[3] = { { .then = follow }, { .then = follow }, { .then = follow } };
    r->bot.reply = moved;
    for (int i = 0; i < 3; i++)
        send_probe_send(&p[i], r, MESSAGE(-1, "a"));
    send_rig_until_done(r);
    assert_int_equal(r->bot.calls, 6);
    for (int i = 0; i < 3; i++)
        send_probe_ended(&p[i], TG_OK, false);
    assert_true(p[0].order < p[1].order && p[1].order < p[2].order);
}

static void send_again(struct send_probe *p)
{
    p->then = NULL;
    send_probe_send(p, p->rig, MESSAGE(7, "b"));
}

static void send__done_may_send(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p = { .then = send_again };
    send_probe_send(&p, r, MESSAGE(7, "a"));
    send_rig_until_done(r);
    send_probe_ended(&p, TG_OK, false);
    assert_int_equal(r->bot.calls, 2);
}

static void send__full_is_said_at_once(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[1001] = { 0 };
    for (int i = 0; i < 1000; i++)
        send_probe_send(&p[i], r, MESSAGE(7, "a"));
    p[1000].rig = r;
    assert_int_equal(send_probe_try(&p[1000], MESSAGE(7, "a")), X_E_FULL);
    send_rig_close_sender(r);
    assert_int_equal(p[1000].dones, 0);
}

/* ---- close ---- */

static void send_refused(struct send_probe *p)
{
    if (p->rig->sender)
        assert_int_equal(send_probe_try(p, MESSAGE(7, "b")), X_E_CLOSED);
}

static void send__close_ends_every_call_once(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[6] = { 0 };
    r->script[0] = (struct fake_bot_reply)FLOOD(30);
    r->script[1] = r->script[2] = (struct fake_bot_reply){ .way = BOT_HOLDS };
    send_probe_send(&p[0], r, MESSAGE(7, "held back"));
    send_rig_until_calls(r, 1);
    send_rig_spend(r, 500);
    send_probe_send(&p[1], r, MESSAGE(8, "on its way"));
    send_rig_until_calls(r, 2);
    send_probe_send(&p[2], r, MESSAGE(8, "behind it"));
    send_probe_send(&p[3], r, (struct tg_call){ .method = "getMe" });
    send_rig_until_calls(r, 3);
    send_probe_send(&p[4], r, TYPING(7)); /* given up, not told yet */
    send_probe_send(&p[5], r, MESSAGE(9, "never left"));
    for (int i = 0; i < 6; i++)
        p[i].then = send_refused;
    tg_sender_close(r->sender);
    r->sender = NULL;
    for (int i = 0; i < 6; i++)
        send_probe_ended(&p[i], TG_RETRY, i == 1 || i == 3);
    send_rig_spend(r, 1000);
    assert_int_equal(r->bot.calls, 3);
}

static void close_it(struct send_probe *p)
{
    struct send_rig *r = p->rig;
    tg_sender_close(r->sender);
    tg_sender_close(r->sender);
    tg_sender_moved(r->sender, 7, 8);
    assert_int_equal(send_probe_try(p, MESSAGE(7, "b")), X_E_CLOSED);
    assert_int_equal(tg_sender_waiting(r->sender), 0);
    r->sender = NULL;
}

static void send__close_inside_done(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[3] = { { .then = close_it } };
    send_probe_send(&p[0], r, MESSAGE(7, "a"));
    send_probe_send(&p[1], r, MESSAGE(7, "b"));
    send_probe_send(&p[2], r, MESSAGE(8, "b"));
    send_rig_until_done(r);
    send_probe_ended(&p[0], TG_OK, false);
    send_probe_ended(&p[1], TG_RETRY, false);
}

static void send__close_inside_done_of_a_dropped_call(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[4] = { 0 };
    r->script[0] = (struct fake_bot_reply)FLOOD(30);
    send_probe_send(&p[0], r, MESSAGE(7, "a"));
    for (int i = 1; i < 4; i++)
        send_probe_send(&p[i], r, TYPING(7));
    p[2].then = close_it;
    send_rig_until_done(r);
    send_probe_ended(&p[1], TG_FLOOD, false);
    send_probe_ended(&p[2], TG_FLOOD, false);
    send_probe_ended(&p[3], TG_RETRY, false);
}

static void send__close_inside_done_of_a_failed_start(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[3] = { { .then = close_it } };
    send_probe_send(&p[0], r, (struct tg_call){ .method = "send message", .chat_id = 7 });
    send_probe_send(&p[1], r, TYPING(8));
    send_probe_send(&p[2], r, MESSAGE(9, "a"));
    send_rig_until_done(r);
    send_probe_ended(&p[0], TG_BAD, false);
    send_probe_ended(&p[1], TG_RETRY, false);
    send_probe_ended(&p[2], TG_RETRY, false);
    assert_int_equal(r->bot.calls, 0);
}

/* ---- the token ---- */

static void send__token_is_in_no_text(void **state)
{
    struct send_rig *r = *state;
    struct send_probe p[2] = { 0 };
    r->script[0] =
        (struct fake_bot_reply){ .status = 404, .body = REFUSAL(404, "no /bot" TOKEN "/sendMessage") };
    r->script[1] = (struct fake_bot_reply){ .status = 502, .body = REFUSAL(502, "AAsecretsecretsecret") };
    send_probe_send(&p[0], r, MESSAGE(7, "a"));
    send_probe_send(&p[1], r, MESSAGE(7, "a"));
    send_rig_until_done(r); /* send_probe_done and the teardown look */
    assert_int_equal(r->bot.calls, 2);
}

static void send__open_refuses_what_is_no_token(void **state)
{
    struct send_rig *r = *state;
    static const char *const token[] = { "",          "1:secret/../x", "1:secret?x", "1:secret\r\nX: y",
                                         "1:secret#", "1:sécret" };
    struct tg_sender_conf conf = { .api_base = "https://127.0.0.1", .loop = &r->loop, .http = r->http };
    struct tg_sender *s;
    struct err err;
    char big[600];
    for (size_t i = 0; i < ARRAY_LEN(token); i++) {
        conf.token = token[i];
        assert_int_equal(tg_sender_open(&s, &conf, &err), X_E_INVALID);
        assert_null(s);
        assert_null(strstr(err.text, "secret"));
    }
    conf.token = "1:secret";
    conf.api_base = "ftp://127.0.0.1";
    assert_int_equal(tg_sender_open(&s, &conf, &err), X_E_INVALID);
    snprintf(big, sizeof big, "https://%0500d", 1);
    conf.api_base = big;
    assert_int_equal(tg_sender_open(&s, &conf, &err), X_E_INVALID);
    tg_sender_close(NULL);
}

#define CASE(name)      cmocka_unit_test_setup_teardown(name, send_rig_setup_open, send_rig_teardown)
#define BARE_CASE(name) cmocka_unit_test_setup_teardown(name, send_rig_setup, send_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(send__moved_chat_keeps_its_order),
        CASE(send__done_may_send),
        CASE(send__full_is_said_at_once),
        CASE(send__close_ends_every_call_once),
        CASE(send__close_inside_done),
        CASE(send__close_inside_done_of_a_dropped_call),
        CASE(send__close_inside_done_of_a_failed_start),
        CASE(send__token_is_in_no_text),
        BARE_CASE(send__open_refuses_what_is_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
