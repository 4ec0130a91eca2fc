/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer as Telegram shows it: Markdown becomes plain text and a list of entities, cut into messages. No
 * markup is sent, so there is none for Telegram to refuse. Pure; any thread.
 * Offsets and lengths are UTF-16 code units (Bot API, MessageEntity); limits count the text without markup.
 */
#ifndef TELEGRAM_FORMAT_H
#define TELEGRAM_FORMAT_H

#include <parley/arena.h>
#include <parley/status.h>

#include "base/str.h"
#include "rich/page.h"

#define TG_TEXT_MAX     4096 /* UTF-16 units of one message (Bot API, sendMessage) */
#define TG_ENTITIES_MAX 100  /* of one message; what comes after them is sent plain */

struct tg_entity {
    enum rich_style style;
    size_t offset, length;
    const char *extra;
};

/* One message. */
struct tg_text {
    const char *text; /* UTF-8, never empty */
    struct tg_entity *entity;
    size_t entities;
};

/* `markdown` is untrusted. Sources follow as a compact numbered list with links, under their heading. Cut at
 * blocks, else sentences, else words; never inside a surrogate pair, an entity that is not repeated on both
 * sides, or a code block (one that is longer than a message is closed and opened again). Strings are in `a`.
 * *n is 0 when there is nothing to see in an answer. 0, -ENOMEM (also for text of more than 4 MiB). */
int tg_format(const char *markdown, const char *heading, const struct rich_source *source, size_t sources,
              struct arena *a, struct tg_text **out, size_t *n);
/* {"text":..,"entities":[..],"buttons":[[..]]}: an outbox payload, in the words of a method call. buttons:
 * rows as JSON, "" = none. */
void tg_text_json(struct buf *out, const struct tg_text *t, const char *buttons);

#endif
