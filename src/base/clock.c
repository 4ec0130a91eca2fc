/* SPDX-License-Identifier: Apache-2.0
 *
 * Real time, or the time a test has set. The fake values are atomics because worker
 * threads may read while the test moves them; the pair is not read as one.
 */
#include <parley/clock.h>

#include <stdatomic.h>
#include <time.h>

/* RFC 3339 has four digits for the year: what lies outside is shown as the edge. */
#define WALL_FIRST_MS (-62167219200000LL) /* 0000-01-01T00:00:00.000Z */
#define WALL_LAST_MS  253402300799999LL   /* 9999-12-31T23:59:59.999Z */

static atomic_bool fake;
static _Atomic int64_t fake_wall_ms, fake_mono_ms;

static int64_t clock_us(clockid_t id)
{
    struct timespec ts = { 0 };

    (void)clock_gettime(id, &ts); /* fails only for clocks that do not exist */
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    return atomic_load(&fake) ? atomic_load(&fake_wall_ms) : clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_us(void)
{
    return atomic_load(&fake) ? atomic_load(&fake_mono_ms) * 1000 : clock_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

void clock_fake(int64_t wall_ms, int64_t mono_ms)
{
    atomic_store(&fake_wall_ms, wall_ms);
    atomic_store(&fake_mono_ms, mono_ms);
    atomic_store(&fake, true);
}

void clock_real(void)
{
    atomic_store(&fake, false);
}

/* Splits into UTC fields; returns the milliseconds of the second, 0..999. */
static int split(struct tm *tm, int64_t wall_ms)
{
    time_t seconds;
    int ms;

    if (wall_ms < WALL_FIRST_MS)
        wall_ms = WALL_FIRST_MS;
    if (wall_ms > WALL_LAST_MS)
        wall_ms = WALL_LAST_MS;
    ms = (int)(wall_ms % 1000);
    seconds = (time_t)(wall_ms / 1000);
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    *tm = (struct tm){ 0 };
    (void)gmtime_r(&seconds, tm); /* fails only when the year overflows int */
    return ms;
}

/* `width` digits and the byte that follows them. */
static char *put(char *at, int value, int width, char then)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    at[width] = then;
    return at + width + 1;
}

void clock_text(char out[CLOCK_TEXT_BYTES], int64_t wall_ms)
{
    struct tm tm;
    int ms = split(&tm, wall_ms);

    out = put(out, tm.tm_year + 1900, 4, '-');
    out = put(out, tm.tm_mon + 1, 2, '-');
    out = put(out, tm.tm_mday, 2, 'T');
    out = put(out, tm.tm_hour, 2, ':');
    out = put(out, tm.tm_min, 2, ':');
    out = put(out, tm.tm_sec, 2, '.');
    out = put(out, ms, 3, 'Z');
    *out = '\0';
}

void clock_month(char out[8], int64_t wall_ms)
{
    struct tm tm;

    (void)split(&tm, wall_ms);
    out = put(out, tm.tm_year + 1900, 4, '-');
    (void)put(out, tm.tm_mon + 1, 2, '\0');
}
