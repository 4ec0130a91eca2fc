/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads: whose they are, and of which channel. What Discord tells of them is kept in memory; of our own the
 * latest are kept in `state`, since a session that is resumed is told of none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/inside.h"

#define THREADS_MAX     20000
#define OUR_THREADS_MAX 500 /* kept */

/* NULL: too many, or no memory. */
static struct thread *thread_at(struct adapter *a, const char *id)
{
    struct table_link *l = table_get(&a->threads, id);
    struct thread *th = l || a->n_threads >= THREADS_MAX ? NULL : calloc(1, sizeof *th);
    if (l)
        return CONTAINER_OF(l, struct thread, link);
    if (!th)
        return NULL;
    snprintf(th->id, sizeof th->id, "%s", id);
    if (table_put(&a->threads, &th->link, th->id)) {
        free(th);
        return NULL;
    }
    a->n_threads++;
    return th;
}

static void thread_is_ours(struct adapter *a, struct thread *th)
{
    size_t most = (size_t)OUR_THREADS_MAX * DC_ID_BYTES;
    if (th->ours)
        return;
    th->ours = true;
    buf_printf(&a->our_threads, "%s ", th->id);
    if (a->our_threads.len > most)
        buf_drop(&a->our_threads, strcspn(buf_text(&a->our_threads), " ") + 1);
    if (!a->our_threads.failed)
        dc_keep(a, "threads", buf_text(&a->our_threads), NULL, NULL);
}

static void thread_note(struct adapter *a, const struct dc_thread *t)
{
    struct thread *th = thread_at(a, t->id);
    if (!th)
        return;
    snprintf(th->parent, sizeof th->parent, "%s", t->parent_id);
    if (strcmp(t->owner_id, a->me.user_id) == 0)
        thread_is_ours(a, th);
}

static void on_threads(void *ctx, int rc, const char *value)
{
    struct adapter *a = ctx;
    struct str rest = str_of(rc || !value ? "" : value), id;
    char text[DC_ID_BYTES];
    while (rest.len && str_cut(&rest, ' ', &id)) {
        snprintf(text, sizeof text, "%.*s", (int)(id.len < DC_ID_BYTES ? id.len : 0), id.at);
        struct thread *th = dc_id_ok(text) ? thread_at(a, text) : NULL;
        if (th)
            th->ours = true;
    }
    buf_adds(&a->our_threads, rc || !value ? "" : value);
    dc_release(a);
}

void dc_threads_frame(struct adapter *a, const struct dc_frame *f)
{
    struct arena words;
    struct dc_guild g;
    struct dc_thread t;
    arena_init(&words, EVENT_BYTES);
    if (f->kind == DC_THREAD) {
        if (dc_thread_read(f->data, &words, &t) == 0)
            thread_note(a, &t);
    } else if (dc_guild_read(f->data, &words, &g) == 0) {
        for (size_t i = 0; i < g.threads; i++)
            thread_note(a, &g.thread[i]);
    }
    arena_wipe(&words);
}

void dc_threads_load(struct adapter *a)
{
    dc_kept(a, "threads", on_threads);
}
