/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP server on loopback that misbehaves by path, one thread per connection, for tests
 * of clients. See httptrap.c for the paths.
 */
#ifndef TESTS_SUPPORT_HTTPTRAP_H
#define TESTS_SUPPORT_HTTPTRAP_H

#include <stdatomic.h>

#include "tests/support/seats.h"

struct httptrap {
    struct seats seats; /* first */
    _Atomic int requests;
    _Atomic int64_t sent_bytes; /* of /endless */
};

void httptrap_open(struct httptrap *t); /* fails the test when it cannot */
void httptrap_close(struct httptrap *t);
void httptrap_url(const struct httptrap *t, char out[128], const char *path);

#endif
