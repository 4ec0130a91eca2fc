/* SPDX-License-Identifier: Apache-2.0
 *
 * Refusals written to the socket by hand: where no HTTP library has the connection yet, or where
 * it would not let an answer out any more. Always the last thing on a connection.
 */
#ifndef IO_REJECT_H
#define IO_REJECT_H

#include "io/gate.h"
#include "io/linger.h"

#define REQUEST_ID_BYTES 65

extern const struct gate_fault reject_too_many;   /* 503 */
extern const struct gate_fault reject_draining;   /* 503 */
extern const struct gate_fault reject_head_size;  /* 431 */
extern const struct gate_fault reject_body_size;  /* 413 */
extern const struct gate_fault reject_slow_head;  /* 408 */
extern const struct gate_fault reject_slow_body;  /* 408 */
extern const struct gate_fault reject_not_found;  /* 404 */
extern const struct gate_fault reject_method;     /* 405 */
extern const struct gate_fault reject_origin;     /* 403 */
extern const struct gate_fault reject_no_upgrade; /* 426 */
extern const struct gate_fault reject_ws_version; /* 426 */
extern const struct gate_fault reject_ws_fields;  /* 400 */

/* The client's X-Request-ID when it matches [A-Za-z0-9._-]{8,64}, else a new one. */
void reject_request_id(char out[REQUEST_ID_BYTES], struct str given);

/* The whole answer. "Allow: GET, HEAD\r\n" or "" goes in `extra`. */
void reject_render(struct buf *out, const struct gate_fault *why, const char *extra, const char *request_id,
                   bool head_only);

/* A HEAD request gets no body. Takes `fd` over: sends
 * what the socket buffer holds, then half-closes and lingers. `head` may be NULL or half read. */
void reject_send(struct lingers *l, int fd, const struct gate_fault *why, const char *extra,
                 const struct gate_head *head);
void reject_send_as(struct lingers *l, int fd, const struct gate_fault *why, const char *extra,
                    const char *request_id, bool head_only);

#endif
