/* SPDX-License-Identifier: Apache-2.0
 *
 * The only place that asks what time it is, so that a test can say. Any thread.
 */
#ifndef PARLEY_CLOCK_H
#define PARLEY_CLOCK_H

#include <parley/base.h>

#define CLOCK_TEXT_BYTES 25 /* 2026-11-20T10:00:00.123Z + NUL */

int64_t clock_wall_ms(void); /* Unix epoch, may jump */
int64_t clock_mono_ms(void); /* monotonic, never goes back, origin unspecified */
int64_t clock_mono_us(void);

/* RFC 3339 UTC with milliseconds. */
void clock_text(char out[CLOCK_TEXT_BYTES], int64_t wall_ms);

/* The accounting month of a wall time, UTC: "2026-11" + NUL. */
void clock_month(char out[8], int64_t wall_ms);

/* Tests: freeze both clocks at this value until clock_real(). */
void clock_fake(int64_t wall_ms, int64_t mono_ms);
void clock_real(void);

#endif
