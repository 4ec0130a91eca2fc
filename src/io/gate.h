/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate: may this request head come in? Pure checks over bytes (RFC 9110, 9112, 6455), used
 * twice: on the raw head of a new connection before any parser sees it, and on the fields the
 * HTTP library reports for every later request. Refused is whatever two parsers could read in
 * two ways. Everything a head points to is borrowed from the bytes given.
 */
#ifndef IO_GATE_H
#define IO_GATE_H

#include "base/str.h"

#define GATE_FIELDS_MAX    100 /* header fields in one head */
#define GATE_FORWARDED_MAX 8   /* X-Forwarded-For fields in one head */

/* Why not: what the client is told. Static. */
struct gate_fault {
    int status;
    const char *code;
    const char *message;
};

struct gate_head {
    struct str method, target;
    int minor; /* HTTP/1.minor: 0 or 1 */
    struct str host, origin, request_id;
    struct str ws_key, ws_version, ws_protocol;
    struct str upgrade;
    struct str forwarded[GATE_FORWARDED_MAX]; /* X-Forwarded-For, in order */
    size_t forwardeds;
    int64_t length; /* Content-Length, -1 = absent */
    bool chunked;
    bool connection_upgrade;
    bool websocket; /* a clean websocket upgrade, set by gate_finish */
    size_t fields;
    const struct gate_fault *fault; /* set with X_E_INVALID */
};

/* Offset just after the empty line that ends a head; 0 = not there yet; -1 = it cannot become a
 * valid head (bare CR, bare LF, control byte). Bytes before `from` were scanned by an earlier call. */
ptrdiff_t gate_scan(const char *bytes, size_t len, size_t from);

/* Reads a whole head (as gate_scan delimits it). 0 or X_E_INVALID with head->fault. */
int gate_read(struct gate_head *head, const char *bytes, size_t len);

/* The same by pieces: begin, then each field in order, then finish. Each 0 or X_E_INVALID. */
int gate_begin(struct gate_head *head, struct str method, struct str target, struct str version);
int gate_field(struct gate_head *head, struct str name, struct str value);
int gate_finish(struct gate_head *head);

/* The checked request target: path decoded once into `path` (NUL-terminated), query still encoded.
 * `cap` > the target's length always suffices. 0 or X_E_INVALID with head->fault. */
int gate_target(struct gate_head *head, char *path, size_t cap, struct str *query);

#endif
