/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of wire.h and wire_rest.h share: who we are, and a place for bodies. With PARLEY_BODIES=FILE
 * every body that is looked at is appended there behind the name of its schema, for
 * tests/e2e/discord_spec_test.py.
 */
#ifndef DISCORD_WIRE_KIT_H
#define DISCORD_WIRE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/message.h>

#include "adapters/discord/wire_rest.h"
#include "base/json.h"

#define KIT_BYTES (4U << 20)

static const struct dc_me kit_me X_UNUSED = { .user_id = "300", .application_id = "301" };

/* Text of `n` times `what`; the caller frees. */
static inline char *kit_repeated(const char *what, size_t n)
{
    struct buf b = BUF_INIT(16U << 20);
    for (; n > 0; n--)
        buf_adds(&b, what);
    return b.at ? buf_steal(&b) : calloc(1, 1);
}

static inline void kit_body(const char *schema, const struct buf *body)
{
    const char *path = getenv("PARLEY_BODIES");
    FILE *f = path ? fopen(path, "a") : NULL;
    if (f) {
        fprintf(f, "%s %s\n", schema, buf_text(body));
        (void)fclose(f);
    }
}

#endif
