/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of wire.h share: JSON walked from outside to inside. One update that a strict reader refuses
 * (too large, a lone surrogate, a key said twice) must not cost the batch it came in, and must still be known
 * by its id, or it would be sent again for ever. So the outer layers are walked by span, and only what stands
 * in one span is parsed.
 */
#ifndef TELEGRAM_WIRE_IMPL_H
#define TELEGRAM_WIRE_IMPL_H

#include "adapters/telegram/wire.h"
#include "base/json.h"

/* The items of one object or array. What is inside an item is not looked at. */
struct span {
    struct str text;
    size_t pos;
    char open;
    bool done, whole; /* whole: done, with the closing bracket found */
};

/* `open` is '{' or '['; of anything else there are no items, and it is not whole. */
void span_open(struct span *s, struct str text, char open);
/* The next item as it is spelt, borrowed; `key` without its quotes, empty in an array. */
bool span_next(struct span *s, struct str *key, struct str *value);
/* The member of that name in an object that is whole, spelt without escapes; at NULL when there is none. */
struct str span_member(struct str object, const char *key);

/* An integer that a double holds exactly; 0 when there is none. */
int64_t wire_int(const cJSON *obj, const char *key);

/* Text or caption, mention and command of a message into `u`. *has: there is one, be it only a mention of us.
 * 0, X_E_LIMIT (longer than MESSAGE_TEXT_MAX), -ENOMEM. */
int wire_words(struct tg_update *u, bool *has, const cJSON *message, const struct tg_me *me, struct arena *a);

#endif
