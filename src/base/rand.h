/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpredictable bytes, numbers and ids. Any thread.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <parley/base.h>

/* Starts libsodium once; whoever calls libsodium directly calls this first. Any thread. */
void rand_init(void);
void rand_bytes(void *out, size_t len); /* cryptographic (libsodium); any thread */
uint64_t rand_below(uint64_t bound);    /* uniform in [0, bound); bound > 0 */
void ulid_new(char out[27]); /* 26 characters of Crockford base32, time first (github.com/ulid/spec) */

#endif
