/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway's compressed transport (Gateway, Transport Compression, "zlib-stream"): one deflate stream for
 * the whole connection, a payload ends where a message ends with a sync flush. What does not inflate leaves
 * the stream of no use, and the connection with it. Any one thread.
 */
#ifndef DISCORD_INFLATE_H
#define DISCORD_INFLATE_H

#include "base/str.h"

struct dc_inflate;

/* A payload of more than `max` bytes is refused. 0, -ENOMEM. */
int dc_inflate_open(struct dc_inflate **out, size_t max);
/* A binary message. 0: *payload is whole, valid UTF-8 with a NUL behind it, and good until the next call;
 * payload->at NULL: its end is still to come. X_E_INVALID (neither deflate nor text), X_E_LIMIT, -ENOMEM. */
int dc_inflate_add(struct dc_inflate *z, const void *bytes, size_t len, struct str *payload);
/* The next message is the first of a connection. */
void dc_inflate_reset(struct dc_inflate *z);
void dc_inflate_close(struct dc_inflate *z); /* NULL is fine */

#endif
