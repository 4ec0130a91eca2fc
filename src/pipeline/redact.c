/* SPDX-License-Identifier: Apache-2.0
 *
 * redact: personal data becomes numbered pseudonyms before anything else sees the text. The map belongs to
 * the conversation (same value = same number), is stored sealed, and is opened here only. Fails closed: text
 * that could not be checked goes to no model.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/log.h>

#include "base/str.h"
#include "pipeline/pii.h"
#include "pipeline/seal.h"
#include "pipeline/stages.h"

#define MAP_MAX 512 /* pseudonyms of one conversation that a turn can hold */

/* The names this conversation has given away, also those whose value does not open any more. */
struct names {
    const struct store_pseudonym *row;
    size_t n;
};

const char *seal_context(struct turn *t, const char *placeholder)
{
    return arena_printf(&t->arena, "%s %s", t->identity.conv_key, placeholder);
}

/* Most turns have nothing to hide and need none. */
static struct pseudonym *map_of(struct turn *t)
{
    if (!t->redaction.map)
        t->redaction.map = arena_array(&t->arena, MAP_MAX, sizeof *t->redaction.map);
    return t->redaction.map;
}

static int map_load(struct turn *t, const struct worker_kit *kit, struct names *names)
{
    struct store_pseudonym *row = NULL;
    size_t n = 0;
    if (t->msg.fresh)
        return 0;
    int rc = kit->store->pseudonyms(kit->reader, t->identity.conv_key, &t->arena, &row, &n, &t->err);
    if (rc)
        return rc;
    *names = (struct names){ row, n };
    if (n && !map_of(t))
        return -ENOMEM;
    for (size_t i = 0; i < n && t->redaction.map_len < MAP_MAX; i++) {
        const char *context = seal_context(t, row[i].placeholder);
        char *value =
            context ? keys_open(&t->pipeline->keys, context, row[i].sealed, row[i].sealed_len, &t->arena)
                    : NULL;
        if (value)
            t->redaction.map[t->redaction.map_len++] = (struct pseudonym){ row[i].placeholder, value, false };
        else
            log_warn("redact.unreadable", "placeholder=%s", row[i].placeholder);
    }
    return 0;
}

/* N of "<TYPE_N>", 0 = of another type. */
static size_t number_in(const char *placeholder, const char *type)
{
    size_t n = strlen(type);
    bool same = placeholder[0] == '<' && strncmp(placeholder + 1, type, n) == 0 && placeholder[n + 1] == '_';
    return same ? strtoul(placeholder + n + 2, NULL, 10) : 0;
}

/* Above every number in use: gaps (pruned or unreadable rows) are not filled, a name never changes hands. */
static size_t next_number(const struct turn_redaction *r, const struct names *names, const char *type)
{
    size_t most = 0;
    for (size_t i = 0; i < names->n + r->map_len; i++) {
        const char *name = i < names->n ? names->row[i].placeholder : r->map[i - names->n].placeholder;
        size_t number = number_in(name, type);
        most = number > most ? number : most;
    }
    return most + 1;
}

static const char *pseudonym_of(struct turn *t, const struct names *names, const char *type,
                                const char *value, size_t len)
{
    struct turn_redaction *r = &t->redaction;
    for (size_t i = 0; i < r->map_len; i++)
        if (strlen(r->map[i].value) == len && memcmp(r->map[i].value, value, len) == 0)
            return r->map[i].placeholder;
    if (r->map_len == MAP_MAX)
        return NULL;
    char *name = arena_printf(&t->arena, "<%s_%zu>", type, next_number(r, names, type));
    char *copy = arena_strndup(&t->arena, value, len);
    if (!name || !copy || !map_of(t))
        return NULL;
    r->map[r->map_len++] = (struct pseudonym){ name, copy, true };
    return name;
}

static int replace(struct turn *t, const struct names *names, const struct pii_hit *hit, size_t hits)
{
    const char *text = t->msg.text;
    struct buf out = BUF_INIT(4 * MESSAGE_TEXT_MAX);
    size_t at = 0;
    int rc = 0;
    for (size_t i = 0; i < hits && rc == 0; i++) {
        const char *name =
            pseudonym_of(t, names, hit[i].rule->type, text + hit[i].from, hit[i].to - hit[i].from);
        if (!name)
            rc = t->arena.failed ? -ENOMEM : X_E_LIMIT;
        else {
            buf_add(&out, text + at, hit[i].from - at);
            buf_adds(&out, name);
            at = hit[i].to;
        }
    }
    buf_adds(&out, text + at);
    if (rc == 0 && (out.failed || !(t->redaction.text = arena_strdup(&t->arena, buf_text(&out)))))
        rc = -ENOMEM;
    t->redaction.found = hits;
    buf_free(&out);
    return rc;
}

enum verdict stage_redact(struct turn *t, struct worker *w)
{
    const struct worker_kit *kit = w->state;
    struct pii_hit *hit = arena_array(&t->arena, PII_HITS_MAX, sizeof *hit);
    struct names names = { NULL, 0 };
    size_t hits = 0;
    int rc = hit ? map_load(t, kit, &names) : -ENOMEM;
    if (rc)
        return turn_fail(t, rc, "redact");
    rc = pii_find(t->snap->policies, kit->scratch, t->msg.text, strlen(t->msg.text), hit, &hits);
    if (rc == 0)
        rc = replace(t, &names, hit, hits);
    if (rc == 0)
        return NEXT;
    if (rc == -ENOMEM)
        return turn_fail(t, rc, "redact");
    log_warn("redact.withheld", "turn=%s why=%s", t->id, status_name(rc));
    turn_warn(t, "redaction_failed");
    t->redaction.text = ""; /* not remembered either */
    return turn_notice(
        t, "withheld",
        "Your message could not be checked for personal data, so it was not sent to any model. "
        "Please shorten or rephrase it.");
}
