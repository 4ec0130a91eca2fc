/* SPDX-License-Identifier: Apache-2.0
 *
 * The lanes with a clock that the test moves: order, pace, waits, drops, bounds. No I/O.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/telegram/lane.h"
#include "base/rand.h"

struct kit {
    struct tg_lanes l;
    int64_t now;
};

static int setup(void **state)
{
    struct kit *k = calloc(1, sizeof *k);
    *state = k;
    k->now = 1000000;
    tg_lanes_init(&k->l);
    return 0;
}

static void item_free(struct tg_item *item)
{
    buf_free(&item->answer);
    free(item);
}

static int teardown(void **state)
{
    struct kit *k = *state;
    struct tg_item *list = tg_lanes_clear(&k->l);
    while (list) {
        struct tg_item *item = list;
        list = item->next;
        item_free(item);
    }
    assert_int_equal(k->l.items, 0);
    assert_int_equal(k->l.lanes, 0);
    free(k);
    return 0;
}

static int put(struct kit *k, int64_t chat, const char *body)
{
    return tg_lanes_put(
        &k->l, &(struct tg_call){ .method = "sendMessage", .body = body, .chat_id = chat, .message = true },
        k->now);
}

static int put_number(struct kit *k, int64_t chat, int n)
{
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    return put(k, chat, text);
}

static int put_typing(struct kit *k, int64_t chat)
{
    return tg_lanes_put(
        &k->l,
        &(struct tg_call){ .method = "sendChatAction", .body = "t", .chat_id = chat, .droppable = true },
        k->now);
}

static int put_answer(struct kit *k, int64_t chat, const char *body)
{
    return tg_lanes_put(
        &k->l, &(struct tg_call){ .method = "answerCallbackQuery", .body = body, .chat_id = chat }, k->now);
}

/* What may go at this moment, or NULL. */
static struct tg_item *take(struct kit *k)
{
    int64_t due;
    return tg_lanes_take(&k->l, k->now, &due);
}

/* The next one that goes, however long it takes. */
static struct tg_item *wait(struct kit *k)
{
    int64_t due;
    struct tg_item *item;
    while (!(item = tg_lanes_take(&k->l, k->now, &due))) {
        if (due == INT64_MAX)
            return NULL;
        assert_true(due > k->now);
        k->now = due;
    }
    return item;
}

static void settle(struct kit *k, struct tg_item *item)
{
    tg_lanes_settle(&k->l, item, k->now);
    item_free(item);
}

static void assert_next(struct kit *k, const char *body)
{
    struct tg_item *item = take(k);
    assert_non_null(item);
    assert_string_equal(item->body, body);
    settle(k, item);
}

static void assert_over(struct kit *k, enum tg_end end, int64_t wait_ms)
{
    struct tg_item *item = tg_lanes_over(&k->l);
    assert_non_null(item);
    assert_int_equal(item->reply.end, end);
    assert_int_equal(item->reply.retry_after_ms, wait_ms);
    item_free(item);
}

/* ---- order and pace ---- */

static void lane__one_call_of_a_chat_is_on_its_way(void **state)
{
    struct kit *k = *state;
    put(k, 1, "a");
    put(k, 1, "b");
    put(k, 2, "c");
    struct tg_item *a = take(k), *c = take(k);
    assert_string_equal(a->body, "a");
    assert_string_equal(c->body, "c");
    assert_null(take(k));
    settle(k, a);
    assert_next(k, "b");
    settle(k, c);
}

static void lane__body_is_a_copy(void **state)
{
    struct kit *k = *state;
    char text[] = "mine";
    put(k, 1, text);
    memset(text, 'x', 4);
    assert_next(k, "mine");
}

static void lane__chat_bursts_then_one_a_second(void **state)
{
    struct kit *k = *state;
    int64_t start = k->now;
    for (int i = 0; i < 12; i++)
        put_number(k, 1, i);
    for (int i = 0; i < 12; i++) {
        struct tg_item *item = wait(k);
        assert_int_equal(strtol(item->body, NULL, 10), i);
        assert_int_equal(k->now - start, i < TG_CHAT_BURST ? 0 : (i - TG_CHAT_BURST + 1) * 1000);
        settle(k, item);
    }
}

static void lane__group_never_gets_more_than_20_a_minute(void **state)
{
    struct kit *k = *state;
    int64_t at[100];
    for (int i = 0; i < 100; i++)
        tg_lanes_put(
            &k->l,
            &(struct tg_call){ .method = "m", .body = "", .chat_id = -5, .message = true, .group = true },
            k->now);
    for (int i = 0; i < 100; i++) {
        struct tg_item *item = wait(k);
        at[i] = k->now;
        assert_true(i < 20 || at[i] - at[i - 20] >= 60000);
        settle(k, item);
    }
    assert_true(at[99] - at[0] < 5 * 60000); /* and no fewer */
}

static void lane__bot_never_sends_more_than_30_a_second(void **state)
{
    struct kit *k = *state;
    int64_t at[600], start = k->now;
    for (int i = 0; i < 600; i++)
        put_number(k, 1 + i % 200, i);
    for (int i = 0; i < 600; i++) {
        struct tg_item *item = wait(k);
        at[i] = k->now;
        assert_true(i < 30 || at[i] - at[i - 30] >= 1000);
        settle(k, item);
    }
    assert_int_equal(at[599] - start, 19000); /* 20 full seconds */
}

static void lane__chats_take_turns(void **state)
{
    struct kit *k = *state;
    int seen[100] = { 0 };
    for (int i = 0; i < 100 * 50; i++)
        put_number(k, 1 + i % 100, i / 100);
    for (int i = 0; i < 100 * 50; i++) {
        struct tg_item *item = wait(k);
        int chat = (int)item->call.chat_id - 1;
        assert_int_equal(strtol(item->body, NULL, 10), seen[chat]++);
        settle(k, item);
        for (int other = 0; other < 100; other++)
            assert_true(seen[other] >= seen[chat] - 6);
    }
    assert_null(wait(k));
    assert_int_equal(k->l.lanes, 0);
}

static void lane__what_is_no_message_waits_for_no_bucket(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 100; i++)
        put_number(k, i + 1, i);
    for (int i = 0; i < 30; i++)
        settle(k, take(k));
    assert_null(take(k));
    put_answer(k, 500, "callback");
    put_answer(k, 0, "getMe");
    assert_next(k, "callback");
    assert_next(k, "getMe");
    assert_null(take(k));
}

static void lane__calls_without_a_chat_do_not_wait_for_each_other(void **state)
{
    struct kit *k = *state;
    put_answer(k, 0, "1");
    put_answer(k, 0, "2");
    struct tg_item *one = take(k), *two = take(k);
    assert_string_equal(one->body, "1");
    assert_string_equal(two->body, "2");
    settle(k, one);
    settle(k, two);
    assert_int_equal(k->l.lanes, 0);
}

/* ---- waits ---- */

static void lane__a_hold_is_its_chats_alone(void **state)
{
    struct kit *k = *state;
    put(k, 1, "a");
    put(k, 1, "b");
    struct tg_item *a = take(k);
    tg_lanes_hold(&k->l, a, k->now + 30000, k->now);
    tg_lanes_again(&k->l, a, k->now);
    put(k, 2, "c");
    put_answer(k, 1, "also held");
    assert_next(k, "c");
    assert_null(take(k));
    int64_t from = k->now;
    a = wait(k);
    assert_int_equal(k->now, from + 30000);
    assert_string_equal(a->body, "a");
    settle(k, a);
    assert_next(k, "b");
    assert_next(k, "also held");
}

static void lane__a_hold_outlives_an_empty_lane(void **state)
{
    struct kit *k = *state;
    put(k, 1, "a");
    struct tg_item *a = take(k);
    tg_lanes_hold(&k->l, a, k->now + 30000, k->now);
    settle(k, a);
    put(k, 1, "b");
    int64_t from = k->now;
    struct tg_item *b = wait(k);
    assert_int_equal(k->now, from + 30000);
    settle(k, b);
}

static void lane__droppable_is_not_queued_behind_a_hold(void **state)
{
    struct kit *k = *state;
    put(k, 1, "a");
    put_typing(k, 1);
    put(k, 1, "b");
    struct tg_item *a = take(k);
    tg_lanes_hold(&k->l, a, k->now + 9000, k->now);
    tg_lanes_again(&k->l, a, k->now);
    assert_over(k, TG_FLOOD, 9000);
    k->now += 1000;
    put_typing(k, 1);
    assert_over(k, TG_FLOOD, 8000);
    assert_null(tg_lanes_over(&k->l));
    k->now += 8000;
    assert_next(k, "a");
    assert_next(k, "b");
}

static void lane__droppable_is_given_up_when_late(void **state)
{
    struct kit *k = *state;
    put(k, 1, "a");
    struct tg_item *a = take(k);
    put_typing(k, 1);
    put(k, 1, "b");
    k->now += TG_LATE_MS + 1;
    settle(k, a);
    assert_next(k, "b");
    assert_over(k, TG_RETRY, 0);
    put_typing(k, 1);
    k->now += TG_LATE_MS;
    assert_next(k, "t");
}

static void lane__is_forgotten_when_its_past_is_over(void **state)
{
    struct kit *k = *state;
    int64_t due;
    put(k, 1, "a");
    settle(k, take(k));
    assert_int_equal(k->l.lanes, 1);
    assert_null(tg_lanes_take(&k->l, k->now, &due));
    assert_int_equal(due, k->now + 1000);
    k->now = due;
    assert_null(tg_lanes_take(&k->l, k->now, &due));
    assert_int_equal(due, INT64_MAX);
    assert_int_equal(k->l.lanes, 0);
}

/* ---- moving ---- */

static void lane__moved_calls_keep_their_order(void **state)
{
    struct kit *k = *state;
    put(k, -1, "1");
    put(k, -1, "2");
    put(k, -1, "3");
    struct tg_item *first = take(k);
    put(k, -100, "new 1");
    tg_lanes_move(&k->l, -1, -100, k->now);
    settle(k, first);
    put(k, -100, "new 2");
    assert_next(k, "2");
    assert_next(k, "3");
    assert_next(k, "new 1");
    assert_next(k, "new 2");
    assert_null(take(k));
}

static void lane__moves_where_nobody_is_yet(void **state)
{
    struct kit *k = *state;
    put(k, -1, "1");
    put(k, -1, "2");
    struct tg_item *first = take(k);
    tg_lanes_move(&k->l, -1, -100, k->now);
    put(k, -100, "3");
    assert_null(take(k)); /* the lane is the same, and busy */
    settle(k, first);
    assert_next(k, "2");
    assert_next(k, "3");
    tg_lanes_move(&k->l, -77, -78, k->now);
    tg_lanes_move(&k->l, -100, -100, k->now);
    tg_lanes_move(&k->l, -100, 0, k->now);
}

static void lane__a_hold_moves_along(void **state)
{
    struct kit *k = *state;
    put(k, -1, "1");
    struct tg_item *first = take(k);
    put(k, -100, "2");
    tg_lanes_hold(&k->l, first, k->now + 5000, k->now);
    tg_lanes_again(&k->l, first, k->now);
    tg_lanes_move(&k->l, -1, -100, k->now);
    assert_null(take(k));
    k->now += 5000;
    assert_next(k, "1");
    assert_next(k, "2");
}

/* ---- bounds ---- */

static void lane__queues_are_bounded(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < TG_CHAT_MAX; i++)
        assert_int_equal(put(k, 1, ""), 0);
    assert_int_equal(put(k, 1, ""), X_E_FULL);
    struct tg_item *item = take(k);
    assert_int_equal(put(k, 1, ""), 0);
    for (int i = (int)k->l.items; i < TG_ALL_MAX; i++)
        assert_int_equal(put(k, 2 + i, ""), 0);
    assert_int_equal(put(k, 2, ""), X_E_FULL);
    assert_int_equal(put_answer(k, 0, ""), X_E_FULL);
    settle(k, item);
    assert_int_equal(put(k, 2, ""), 0);
}

static void lane__remembered_chats_are_bounded(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < TG_LANES_MAX; i++) {
        assert_int_equal(put_answer(k, 1 + i, ""), 0);
        struct tg_item *item = take(k);
        tg_lanes_hold(&k->l, item, k->now + 3600000, k->now);
        settle(k, item);
    }
    assert_int_equal(put(k, -1, ""), X_E_FULL);
    k->now += 3600000;
    assert_null(take(k));
    assert_int_equal(k->l.lanes, 0);
    assert_int_equal(put(k, -1, ""), 0);
}

/* Everything at once, against the few things that must hold always. */
static void lane__random_traffic_keeps_order_and_counts(void **state)
{
    struct kit *k = *state;
    struct tg_item *flying[40] = { 0 };
    int next[10] = { 0 }, seen[10] = { 0 };
    for (int round = 0; round < 40000; round++) {
        int chat = (int)rand_below(10);
        size_t slot = rand_below(ARRAY_LEN(flying));
        struct tg_item *item;
        if (rand_below(3) == 0 && !put_number(k, chat + 1, next[chat]))
            next[chat]++;
        if (rand_below(4) == 0)
            assert_true(put_typing(k, chat + 1) >= 0);
        k->now += (int64_t)rand_below(200);
        if (!flying[slot])
            flying[slot] = take(k);
        else if (rand_below(5) == 0 && !flying[slot]->call.droppable) {
            tg_lanes_hold(&k->l, flying[slot], k->now + (int64_t)rand_below(3000), k->now);
            tg_lanes_again(&k->l, flying[slot], k->now);
            flying[slot] = NULL;
        } else {
            item = flying[slot];
            if (!item->call.droppable)
                assert_int_equal(strtol(item->body, NULL, 10), seen[item->call.chat_id - 1]++);
            settle(k, item);
            flying[slot] = NULL;
        }
        while ((item = tg_lanes_over(&k->l)))
            item_free(item);
    }
    assert_true(seen[0] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lane__one_call_of_a_chat_is_on_its_way, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__body_is_a_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__chat_bursts_then_one_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__group_never_gets_more_than_20_a_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__bot_never_sends_more_than_30_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__chats_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__what_is_no_message_waits_for_no_bucket, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__calls_without_a_chat_do_not_wait_for_each_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lane__a_hold_is_its_chats_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__a_hold_outlives_an_empty_lane, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__droppable_is_not_queued_behind_a_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__droppable_is_given_up_when_late, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__is_forgotten_when_its_past_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__moved_calls_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__moves_where_nobody_is_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__a_hold_moves_along, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__queues_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__remembered_chats_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(lane__random_traffic_keeps_order_and_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
