/* SPDX-License-Identifier: Apache-2.0
 *
 * Randomness is the kernel's, through libsodium. Without it nothing here can be
 * trusted, so a libsodium that does not start ends the process.
 */
#include "base/rand.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#define RESERVE           256 /* what getrandom(2) gives without being interrupted */
#define ULID_TIME_CHARS   10
#define ULID_RANDOM_CHARS 16
#define ULID_TIME_MASK    ((1ULL << 48) - 1)

static void start(void)
{
    if (sodium_init() < 0) {
        log_error("rand.unavailable", "err=\"libsodium cannot get random bytes\"");
        abort();
    }
}

void rand_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, start);
}

/* A system call gives RESERVE bytes as cheaply as eight: small wants are served from what a thread has left,
 * and what was served is forgotten here. */
static _Thread_local struct {
    uint8_t at[RESERVE];
    size_t left;
} reserve;

void rand_bytes(void *out, size_t len)
{
    rand_init();
    if (len > RESERVE / 4) {
        randombytes_buf(out, len);
        return;
    }
    if (reserve.left < len) {
        randombytes_buf(reserve.at, RESERVE);
        reserve.left = RESERVE;
    }
    reserve.left -= len;
    memcpy(out, reserve.at + reserve.left, len);
    sodium_memzero(reserve.at + reserve.left, len);
}

uint64_t rand_below(uint64_t bound)
{
    /* 2^64 mod bound: below it lie the values that would make small results likelier. */
    uint64_t skewed = (UINT64_MAX - bound + 1) % bound;
    uint64_t x;

    do
        rand_bytes(&x, sizeof x);
    while (x < skewed);
    return x % bound;
}

void ulid_new(char out[27])
{
    static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t time = (uint64_t)clock_wall_ms() & ULID_TIME_MASK;
    uint8_t random[ULID_RANDOM_CHARS];

    for (int i = ULID_TIME_CHARS - 1; i >= 0; i--) {
        out[i] = digit[time & 31];
        time >>= 5;
    }
    rand_bytes(random, sizeof random);
    for (int i = 0; i < ULID_RANDOM_CHARS; i++)
        out[ULID_TIME_CHARS + i] = digit[random[i] & 31];
    out[ULID_TIME_CHARS + ULID_RANDOM_CHARS] = '\0';
}
