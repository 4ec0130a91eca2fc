/* SPDX-License-Identifier: Apache-2.0
 *
 * zlib over the messages of one connection, and where a payload ends among them.
 */
#include "adapters/discord/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include <parley/status.h>

#include "base/utf.h"

#define CHUNK    16384
#define KEEP_CAP (64U << 10) /* what the buffer may have between payloads */

struct dc_inflate {
    z_stream z;
    struct buf text;
    size_t max;
    unsigned char tail[4]; /* the last bytes of what came */
    bool whole;            /* text is that of a payload that is over */
};

int dc_inflate_open(struct dc_inflate **out, size_t max)
{
    struct dc_inflate *z = calloc(1, sizeof *z);
    if (!z || inflateInit(&z->z) != Z_OK) {
        free(z);
        return -ENOMEM;
    }
    z->max = max;
    buf_init(&z->text, max);
    *out = z;
    return 0;
}

static void text_over(struct dc_inflate *z)
{
    if (z->text.cap > KEEP_CAP)
        buf_free(&z->text);
    buf_clear(&z->text);
    z->whole = false;
}

void dc_inflate_reset(struct dc_inflate *z)
{
    (void)inflateReset(&z->z);
    text_over(z);
    memset(z->tail, 0, sizeof z->tail);
}

/* 0 when all of it went in. A full buffer ends it: a few kilobytes may stand for gigabytes. */
static int inflate_all(struct dc_inflate *z, const void *bytes, size_t len)
{
    unsigned char chunk[CHUNK];
    int rc;
    z->z.next_in = (const Bytef *)bytes;
    z->z.avail_in = (uInt)len;
    do {
        z->z.next_out = chunk;
        z->z.avail_out = sizeof chunk;
        rc = inflate(&z->z, Z_SYNC_FLUSH);
        buf_add(&z->text, chunk, sizeof chunk - z->z.avail_out);
        if (z->text.failed)
            return z->text.len + CHUNK > z->max ? X_E_LIMIT : -ENOMEM;
    } while (rc == Z_OK && (z->z.avail_in || !z->z.avail_out));
    if (rc == Z_MEM_ERROR)
        return -ENOMEM;
    return (rc == Z_OK || rc == Z_BUF_ERROR) && !z->z.avail_in ? 0 : X_E_INVALID;
}

static void keep_tail(struct dc_inflate *z, const unsigned char *bytes, size_t len)
{
    size_t n = len < sizeof z->tail ? len : sizeof z->tail;
    memmove(z->tail, z->tail + n, sizeof z->tail - n);
    memcpy(z->tail + sizeof z->tail - n, bytes + len - n, n);
}

int dc_inflate_add(struct dc_inflate *z, const void *bytes, size_t len, struct str *payload)
{
    static const unsigned char flush[4] = { 0x00, 0x00, 0xff, 0xff };
    *payload = (struct str){ NULL, 0 };
    if (z->whole)
        text_over(z);
    int rc = len <= z->max ? inflate_all(z, bytes, len) : X_E_LIMIT;
    if (rc)
        return rc;
    keep_tail(z, bytes, len);
    if (memcmp(z->tail, flush, sizeof flush) != 0)
        return 0;
    z->whole = true;
    if (!utf8_valid(buf_text(&z->text), z->text.len))
        return X_E_INVALID;
    *payload = (struct str){ buf_text(&z->text), z->text.len };
    return 0;
}

void dc_inflate_close(struct dc_inflate *z)
{
    if (!z)
        return;
    (void)inflateEnd(&z->z);
    buf_free(&z->text);
    free(z);
}
