/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers that a test writes itself, byte for byte, head included:
 *
 *   PUT /__reply/NAME?then=WHAT&step=BYTES&every=MS&from=N      the body is the answer
 *
 * A question with fault:NAME gets it; NAME "*" is for every question that names no other one. `then`: keep
 * (the default), close, abort (a reset), hang (say no more), again (byte N to the end, for ever). With `step`
 * what follows byte N is sent so many bytes each `every` ms. The newest of a name counts; none is ever freed,
 * because connections send from it.
 */
#ifndef TESTS_SUPPORT_FAKE_OPENAI_SCRIPT_H
#define TESTS_SUPPORT_FAKE_OPENAI_SCRIPT_H

#include "fake_openai_wire.h"

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyz0123456789-"

struct conn;

/* Everything in one queue waits equally long, so the first is always the first due. */
struct queue {
    struct conn *head, *tail;
    int64_t wait_ms;
};

struct pace {
    struct queue queue;
    size_t step; /* bytes each time */
};

enum after { KEEP, CLOSE, ABORT };

struct script {
    struct script *next;
    char name[40];
    struct bytes bytes;
    struct text again; /* the part that is repeated; len 0 = none */
    struct pace pace;  /* step 0 = all at once */
    size_t from;       /* what stands before it is never paced */
    enum after after;
    bool hang;
};

static struct script *scripts;

static bool script_named(const struct script *s, struct text name)
{
    return is(name, s->name) || is((struct text){ "*", 1 }, s->name);
}

/* What `asked` calls for, or NULL. */
static struct script *script_of(const char *asked)
{
    const char *word = last_of(asked, "fault:");
    struct text name = { word ? word + 6 : "", 0 };
    name.len = strspn(name.at, NAME_BYTES);
    for (struct script *s = scripts; s; s = s->next)
        if (script_named(s, name))
            return s;
    return NULL;
}

static size_t script_number(struct text line, const char *key)
{
    const char *at = memmem(line.at, line.len, key, strlen(key));
    return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static bool script_then(struct text line, const char *what)
{
    return memmem(line.at, line.len, what, strlen(what)) != NULL;
}

/* `path` goes on with NAME?..., as far as the first blank. */
static void script_put(const char *path, const char *body, size_t len)
{
    struct text line = { path, strcspn(path, " ") };
    struct script *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    snprintf(s->name, sizeof s->name, "%.*s", (int)strcspn(path, "? "), path);
    add(&s->bytes, body, len);
    s->pace.step = script_number(line, "step=");
    s->pace.queue.wait_ms = (int64_t)script_number(line, "every=");
    s->after = script_then(line, "then=close") ? CLOSE : script_then(line, "then=abort") ? ABORT : KEEP;
    s->hang = script_then(line, "then=hang");
    s->from = script_number(line, "from=");
    if (script_then(line, "then=again") && s->from < len)
        s->again = (struct text){ s->bytes.at + s->from, len - s->from };
    s->next = scripts;
    scripts = s;
}

#endif
