/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON walked from outside to inside. One event that the strict reader refuses (too large, a lone surrogate,
 * a key said twice) must not cost the batch or the connection it came in, and must still be known by its id,
 * or it would be sent again for ever. So the outer layers are walked by span, and only what stands in one
 * span is parsed. Pure; any thread.
 */
#ifndef BASE_JSON_SPAN_H
#define BASE_JSON_SPAN_H

#include <parley/base.h>

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

#endif
