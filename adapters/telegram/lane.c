/* SPDX-License-Identifier: Apache-2.0
 *
 * A lane is filed under the moment its first call may go, or, when it is empty, under the moment it can be
 * forgotten. A message is filed no earlier than it was queued, so lanes take turns; what is not a message
 * waits for no bucket and is filed at 0, before all messages. The global window is looked at when a message
 * is up: nobody behind it could go either.
 */
#include "adapters/telegram/lane.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 24

struct tg_lane {
    struct tg_lane *next, **link; /* of all */
    struct table_link by_chat;
    struct tg_due due;
    struct tg_item *head, **tail, *flying;
    size_t len;
    int64_t hold_ms;
    struct pace chat;
    struct window group;
    bool solo;           /* of one call without a chat: not in the table */
    char key[KEY_BYTES]; /* "-1001234567890" */
};

void tg_lanes_init(struct tg_lanes *l)
{
    *l = (struct tg_lanes){ 0 };
    table_init(&l->by_chat);
    l->over_end = &l->over;
}

/* ---- a lane ---- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void lane_free(struct tg_lanes *l, struct tg_lane *lane)
{
    tg_dues_drop(&l->dues, &lane->due);
    if (!lane->solo)
        table_drop(&l->by_chat, &lane->by_chat);
    *lane->link = lane->next;
    if (lane->next)
        lane->next->link = lane->link;
    l->lanes--;
    free(lane);
}

static int64_t lane_forget_ms(const struct tg_lane *lane)
{
    int64_t past = later(lane->chat.full_ms, window_empty(&lane->group, TG_GROUP_MOST, TG_GROUP_SPAN_MS));
    return lane->solo ? INT64_MIN : later(lane->hold_ms, past);
}

static int64_t lane_due_ms(const struct tg_lane *lane)
{
    const struct tg_call *call = &lane->head->call;
    int64_t at = lane->hold_ms;
    if (lane->solo || !call->message)
        return at;
    at = later(at, lane->head->queued_ms);
    at = later(at, pace_due(&lane->chat, TG_CHAT_STEP_MS, TG_CHAT_BURST));
    return call->group ? later(at, window_due(&lane->group, TG_GROUP_MOST, TG_GROUP_SPAN_MS)) : at;
}

/* After any change of it. It may be gone then. */
static void lane_file(struct tg_lanes *l, struct tg_lane *lane, int64_t now_ms)
{
    if (lane->flying)
        tg_dues_drop(&l->dues, &lane->due);
    else if (lane->head)
        tg_dues_set(&l->dues, &lane->due, lane_due_ms(lane));
    else if (lane_forget_ms(lane) > now_ms)
        tg_dues_set(&l->dues, &lane->due, lane_forget_ms(lane));
    else
        lane_free(l, lane);
}

static void chat_key(char out[KEY_BYTES], int64_t chat_id)
{
    snprintf(out, KEY_BYTES, "%" PRId64, chat_id);
}

static struct tg_lane *lane_find(const struct tg_lanes *l, int64_t chat_id)
{
    char key[KEY_BYTES];
    chat_key(key, chat_id);
    struct table_link *found = chat_id ? table_get(&l->by_chat, key) : NULL;
    return found ? CONTAINER_OF(found, struct tg_lane, by_chat) : NULL;
}

static struct tg_lane *lane_new(struct tg_lanes *l, int64_t chat_id)
{
    if (tg_dues_reserve(&l->dues, l->lanes + 1))
        return NULL;
    struct tg_lane *lane = calloc(1, sizeof *lane);
    if (!lane)
        return NULL;
    chat_key(lane->key, chat_id);
    lane->solo = chat_id == 0;
    if (!lane->solo && table_put(&l->by_chat, &lane->by_chat, lane->key)) {
        free(lane);
        return NULL;
    }
    lane->tail = &lane->head;
    lane->next = l->all;
    lane->link = &l->all;
    if (lane->next)
        lane->next->link = &lane->next;
    l->all = lane;
    l->lanes++;
    return lane;
}

static void lane_append(struct tg_lane *lane, struct tg_item *item)
{
    item->next = NULL;
    *lane->tail = item;
    lane->tail = &item->next;
    lane->len++;
}

/* A chain of `n`, whose end is `*end`, before what waits. */
static void lane_prepend(struct tg_lane *lane, struct tg_item *first, struct tg_item **end, size_t n)
{
    *end = lane->head;
    if (!lane->head)
        lane->tail = end;
    lane->head = first;
    lane->len += n;
}

static struct tg_item *lane_pop(struct tg_lane *lane)
{
    struct tg_item *item = lane->head;
    lane->head = item->next;
    if (!lane->head)
        lane->tail = &lane->head;
    lane->len--;
    return item;
}

/* ---- calls that are given up ---- */

static void give_up(struct tg_lanes *l, struct tg_item *item, enum tg_end why, int64_t wait_ms)
{
    item->reply = (struct tg_reply){ .end = why, .retry_after_ms = wait_ms, .detail = "late, and not sent" };
    item->next = NULL;
    *l->over_end = item;
    l->over_end = &item->next;
}

struct tg_item *tg_lanes_over(struct tg_lanes *l)
{
    struct tg_item *item = l->over;
    if (!item)
        return NULL;
    l->over = item->next;
    if (!l->over)
        l->over_end = &l->over;
    l->items--;
    return item;
}

void tg_lanes_hold(struct tg_lanes *l, struct tg_item *item, int64_t until_ms, int64_t now_ms)
{
    struct tg_lane *lane = item->lane;
    struct tg_item *list = lane->head;
    lane->hold_ms = later(lane->hold_ms, until_ms);
    lane->head = NULL;
    lane->tail = &lane->head;
    lane->len = 0;
    while (list) {
        struct tg_item *at = list;
        list = at->next;
        if (at->call.droppable)
            give_up(l, at, TG_FLOOD, lane->hold_ms - now_ms);
        else
            lane_append(lane, at);
    }
}

/* ---- in ---- */

static struct tg_item *item_new(const struct tg_call *call, int64_t now_ms)
{
    size_t len = strlen(call->body);
    struct tg_item *item = calloc(1, sizeof *item + len + 1);
    if (!item)
        return NULL;
    memcpy(item->body, call->body, len + 1);
    item->call = *call;
    item->call.body = item->body;
    item->queued_ms = now_ms;
    buf_init(&item->answer, TG_BODY_MAX);
    return item;
}

int tg_lanes_put(struct tg_lanes *l, const struct tg_call *call, int64_t now_ms)
{
    struct tg_lane *lane = lane_find(l, call->chat_id);
    if (l->items >= TG_ALL_MAX || (lane ? lane->len >= TG_CHAT_MAX : l->lanes >= TG_LANES_MAX))
        return X_E_FULL;
    struct tg_item *item = item_new(call, now_ms);
    lane = lane || !item ? lane : lane_new(l, call->chat_id);
    if (!item || !lane) {
        free(item);
        return -ENOMEM;
    }
    l->items++;
    if (call->droppable && lane->hold_ms > now_ms) {
        give_up(l, item, TG_FLOOD, lane->hold_ms - now_ms);
        return 0;
    }
    lane_append(lane, item);
    if (lane->head == item)
        lane_file(l, lane, now_ms);
    return 0;
}

/* ---- out, and back ---- */

/* False: the bot has sent as much as it should; *due_ms is when it may go on. */
static bool message_goes(struct tg_lanes *l, struct tg_lane *lane, int64_t now_ms, int64_t *due_ms)
{
    int64_t due = window_due(&l->global, TG_GLOBAL_MOST, TG_GLOBAL_SPAN_MS);
    if (due > now_ms) {
        *due_ms = due;
        return false;
    }
    window_take(&l->global, TG_GLOBAL_MOST, now_ms);
    pace_take(&lane->chat, TG_CHAT_STEP_MS, now_ms);
    if (lane->head->call.group)
        window_take(&lane->group, TG_GROUP_MOST, now_ms);
    return true;
}

struct tg_item *tg_lanes_take(struct tg_lanes *l, int64_t now_ms, int64_t *due_ms)
{
    for (;;) {
        struct tg_due *first = tg_dues_first(&l->dues);
        *due_ms = first ? first->at_ms : INT64_MAX;
        if (*due_ms > now_ms)
            return NULL;
        struct tg_lane *lane = CONTAINER_OF(first, struct tg_lane, due);
        const struct tg_call *call = lane->head ? &lane->head->call : NULL;
        if (call && call->droppable && now_ms - lane->head->queued_ms > TG_LATE_MS) {
            give_up(l, lane_pop(lane), TG_RETRY, 0);
        } else if (call) {
            if (call->message && !lane->solo && !message_goes(l, lane, now_ms, due_ms))
                return NULL;
            lane->flying = lane_pop(lane);
            lane->flying->lane = lane;
            lane_file(l, lane, now_ms);
            return lane->flying;
        }
        lane_file(l, lane, now_ms);
    }
}

void tg_lanes_again(struct tg_lanes *l, struct tg_item *item, int64_t now_ms)
{
    struct tg_lane *lane = item->lane;
    item->lane = NULL;
    lane->flying = NULL;
    lane_prepend(lane, item, &item->next, 1);
    lane_file(l, lane, now_ms);
}

void tg_lanes_settle(struct tg_lanes *l, struct tg_item *item, int64_t now_ms)
{
    struct tg_lane *lane = item->lane;
    item->lane = NULL;
    lane->flying = NULL;
    l->items--;
    lane_file(l, lane, now_ms);
}

/* ---- all of them ---- */

/* The key is the lane's own memory: it is out of the table while it changes. Going back in takes none: there
 * was room for it a moment ago. */
static void lane_rename(struct tg_lanes *l, struct tg_lane *lane, int64_t chat_id)
{
    table_drop(&l->by_chat, &lane->by_chat);
    chat_key(lane->key, chat_id);
    (void)table_put(&l->by_chat, &lane->by_chat, lane->key);
}

void tg_lanes_move(struct tg_lanes *l, int64_t from, int64_t to, int64_t now_ms)
{
    struct tg_lane *old = lane_find(l, from), *new = lane_find(l, to);
    if (!old || !to || old == new)
        return;
    if (!new) {
        lane_rename(l, old, to);
        return;
    }
    new->hold_ms = later(new->hold_ms, old->hold_ms);
    if (old->head)
        lane_prepend(new, old->head, old->tail, old->len);
    old->head = NULL;
    old->tail = &old->head;
    old->len = 0;
    lane_file(l, new, now_ms);
    lane_file(l, old, now_ms);
}

/* Whatever waits in the chain at `*end`, behind it; the new end. */
static struct tg_item **chain(struct tg_item **end, struct tg_item *list)
{
    *end = list;
    while (*end)
        end = &(*end)->next;
    return end;
}

struct tg_item *tg_lanes_clear(struct tg_lanes *l)
{
    struct tg_item *list = l->over, **end = chain(&list, l->over);
    while (l->all) {
        struct tg_lane *lane = l->all;
        if (lane->flying) {
            lane->flying->next = NULL;
            end = chain(end, lane->flying);
        }
        end = chain(end, lane->head);
        lane_free(l, lane);
    }
    table_free(&l->by_chat);
    tg_dues_free(&l->dues);
    tg_lanes_init(l);
    return list;
}
