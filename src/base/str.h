/* SPDX-License-Identifier: Apache-2.0
 *
 * A growable byte buffer with a cap at birth, kept NUL-terminated. Appending past the
 * cap or out of memory sets `failed` and changes nothing more: build freely, check once.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <parley/status.h>

struct buf {
    char *at; /* NULL until the first append; owned */
    size_t len, cap, max;
    bool failed;
};

#define BUF_INIT(max_bytes) ((struct buf){ .max = (max_bytes) })

void buf_init(struct buf *b, size_t max_bytes);
void buf_free(struct buf *b);  /* the buffer may be used again */
void buf_clear(struct buf *b); /* keeps the memory, clears `failed` */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_adds(struct buf *b, const char *text);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) X_PRINTF(2, 3);
void buf_drop(struct buf *b, size_t len);  /* from the front */
char *buf_steal(struct buf *b);            /* the caller frees; NULL when failed */
const char *buf_text(const struct buf *b); /* never NULL */

/* JSON text, comma handling left to jsonw (json.h): quotes, escapes; invalid UTF-8 -> U+FFFD. */
void buf_json_string(struct buf *b, const char *text, size_t len);
/* One code point as it stands inside a JSON string: quote, backslash, control characters and
 * U+2028/2029 escaped, anything else UTF-8. Returns the bytes written, not terminated. */
size_t str_json_escape(char out[8], uint32_t cp);

bool str_eq(struct str a, struct str b);
bool str_eqs(struct str a, const char *b);
bool str_ieqs(struct str a, const char *b); /* ASCII case */
bool str_starts(struct str a, const char *prefix);
struct str str_of(const char *text);
struct str str_trim(struct str a); /* ASCII white space */
/* Cuts the part before `sep` off *rest; false when *rest is exhausted (at == NULL). */
bool str_cut(struct str *rest, char sep, struct str *part);
/* Whole text is a decimal integer in [lo, hi]. */
bool str_int(struct str a, int64_t lo, int64_t hi, int64_t *out);

#endif
