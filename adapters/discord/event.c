/* SPDX-License-Identifier: Apache-2.0
 *
 * What came over the gateway or by HTTP, from its arrival until it is stored or handled: the session on disk
 * never says more than that has been taken care of, so a process that dies hears the rest again, and the
 * store knows which it has. Above high water events wait here, in their order; what is known of their channel
 * and person is looked up first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/inside.h"

#define AGAIN_MS  400
#define TRIES_MAX 75
#define ACK_MS                                                                                               \
    1800 /* of the three seconds that Discord gives: what is not accepted by then says "thinking" */

struct event *dc_event_new(struct adapter *a, int64_t seq, server_id request)
{
    struct event *e = a->n_events < EVENTS_MAX ? calloc(1, sizeof *e) : NULL;
    if (!e)
        return NULL;
    e->a = a;
    e->seq = seq;
    e->request = request;
    e->began_ms = clock_mono_ms();
    arena_init(&e->words, EVENT_BYTES);
    e->prev = a->last;
    *(a->last ? &a->last->next : &a->events) = e;
    a->last = e;
    a->n_events++;
    dc_hold(a);
    return e;
}

static void event_free(struct event *e)
{
    struct adapter *a = e->a;
    *(e->prev ? &e->prev->next : &a->events) = e->next;
    *(e->next ? &e->next->prev : &a->last) = e->prev;
    a->n_events--;
    arena_wipe(&e->words);
    free(e);
    dc_release(a);
}

void dc_event_done(struct event *e)
{
    struct adapter *a = e->a;
    if (e->request)
        dc_interact_ack(e); /* nobody is left without an answer */
    e->state = EVENT_DONE;
    if (e->holds == 0)
        event_free(e);
    dc_link_keep(a, false);
}

void dc_event_hold(struct event *e)
{
    e->holds++;
    dc_hold(e->a);
}

void dc_event_let_go(struct event *e)
{
    struct adapter *a = e->a;
    if (--e->holds == 0 && e->state == EVENT_DONE)
        event_free(e);
    dc_release(a);
}

void dc_event_retry(struct event *e)
{
    if (++e->tries >= TRIES_MAX) {
        log_error("discord.event_given_up", "seq=%lld", (long long)e->seq);
        if (e->interaction)
            dc_interact_say(e, text_in(e->lang, TEXT_TROUBLE), "");
        else
            dc_event_done(e);
        return;
    }
    e->state = EVENT_READY;
    e->due_ms = clock_mono_ms() + AGAIN_MS;
}

int64_t dc_events_stored(const struct adapter *a)
{
    int64_t least = a->gw.session.seq + 1;
    for (const struct event *e = a->events; e; e = e->next)
        if (e->seq >= 0 && e->seq < least)
            least = e->seq;
    return least - 1;
}

/* ---- who, where, and whether they may ---- */

const char *dc_event_user(const struct event *e)
{
    return e->message ? e->message->author_id : e->interaction->user_id;
}

static const char *channel_of(const struct event *e)
{
    return e->message ? e->message->channel_id : e->interaction->channel_id;
}

static const char *guild_of(const struct event *e)
{
    return e->message ? e->message->guild_id : e->interaction->guild_id;
}

static const char *parent_of(const struct event *e)
{
    const char *told = e->message ? e->message->parent_id : e->interaction->parent_id;
    struct table_link *l = told[0] ? NULL : table_get(&e->a->threads, channel_of(e));
    return l ? CONTAINER_OF(l, struct thread, link)->parent : told;
}

static bool has(const char *const *list, size_t n, const char *id)
{
    for (size_t i = 0; i < n && id[0]; i++)
        if (strcmp(list[i], id) == 0)
            return true;
    return false;
}

static bool has_role(const struct event *e, const char *const *list, size_t n)
{
    const char *const *role = e->message ? e->message->role : e->interaction->role;
    size_t roles = e->message ? e->message->roles : e->interaction->roles;
    for (size_t i = 0; i < roles; i++)
        if (has(list, n, role[i]))
            return true;
    return false;
}

static bool denied(const struct event *e)
{
    const struct lists *l = &e->a->lists;
    return has(l->deny, l->denies, dc_event_user(e)) || has(l->deny, l->denies, guild_of(e)) ||
           has(l->deny, l->denies, channel_of(e)) || has(l->deny, l->denies, parent_of(e)) ||
           has_role(e, l->deny, l->denies);
}

/* Once there is a list, what is not on it is denied. */
bool dc_event_allowed(const struct event *e)
{
    const struct lists *l = &e->a->lists;
    if (denied(e))
        return false;
    if (!guild_of(e)[0])
        return l->direct_messages;
    return (!l->guilds || has(l->guild, l->guilds, guild_of(e))) &&
           (!l->channels || has(l->channel, l->channels, channel_of(e)) ||
            has(l->channel, l->channels, parent_of(e))) &&
           (!l->roles || has_role(e, l->role, l->roles));
}

/* ---- what is known of them ---- */

static void event_run(struct event *e)
{
    e->state = EVENT_SUBMITTED;
    if (e->message)
        dc_message_run(e);
    else
        dc_interact_run(e);
}

static void looked_up(struct event *e)
{
    struct adapter *a = e->a;
    if (--e->lookups == 0 && e->state == EVENT_LOOKING) {
        e->state = EVENT_READY;
        if (a->intake && !a->closing)
            event_run(e);
    }
    dc_event_let_go(e);
}

static void on_conversation(void *ctx, int rc, const char *value)
{
    struct event *e = ctx;
    bool private = e->interaction && dc_command_is_private(e->interaction);
    e->conversation = rc == 0 && value ? arena_strdup(&e->words, value)
                      : private        ? arena_printf(&e->words, "%s:%s", channel_of(e), dc_event_user(e))
                                       : arena_strdup(&e->words, channel_of(e));
    looked_up(e);
}

static void on_language(void *ctx, int rc, const char *value)
{
    struct event *e = ctx;
    if (rc == 0 && value && text_language_of(value)) {
        snprintf(e->lang, sizeof e->lang, "%s", value);
        e->lang_said = true;
    }
    looked_up(e);
}

void dc_event_conversation_key(char out[KEY_MAX], const struct event *e)
{
    if (e->interaction && dc_command_is_private(e->interaction))
        dc_key(out, "conv.%s:%s", channel_of(e), dc_event_user(e));
    else
        dc_key(out, "conv.%s", channel_of(e));
}

static void look_up(struct event *e)
{
    struct host *h = e->a->host;
    char key[KEY_MAX];
    e->lookups = 2;
    dc_event_hold(e);
    dc_event_hold(e);
    dc_event_conversation_key(key, e);
    h->state_get(h, key, on_conversation, e);
    dc_key(key, "lang.%s", dc_event_user(e));
    h->state_get(h, key, on_language, e);
}

void dc_event_begin(struct event *e)
{
    dc_event_hold(e);
    if (e->interaction) {
        snprintf(e->lang, sizeof e->lang, "%.5s", e->interaction->locale);
        dc_interact_arrived(e);
    }
    if (e->state != EVENT_DONE)
        look_up(e);
    dc_event_let_go(e);
}

/* ---- time ---- */

void dc_events_run(struct adapter *a)
{
    int64_t now = clock_mono_ms();
    for (struct event *e = a->events, *next; e && a->intake && !a->closing; e = next) {
        next = e->next;
        if (e->state == EVENT_READY && e->due_ms <= now)
            event_run(e);
    }
}

void dc_event_tick(struct adapter *a, int64_t now)
{
    for (struct event *e = a->events; e; e = e->next)
        if (e->interaction && !e->acked && e->state != EVENT_DONE && now - e->began_ms > ACK_MS)
            dc_interact_ack(e);
    dc_events_run(a);
}

void dc_events_free(struct adapter *a)
{
    for (struct event *e = a->events, *next; e; e = next) {
        next = e->next;
        if (e->holds == 0)
            event_free(e);
        else
            e->state = EVENT_DONE; /* what holds it brings it down */
    }
}
