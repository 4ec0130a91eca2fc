/* SPDX-License-Identifier: Apache-2.0
 *
 * One timer for all: a test runs one loop at a time.
 */
#include "tests/support/spend.h"

static void on_tick(struct timer *t)
{
    timer_close(t, NULL);
}

void loop_spend(struct loop *l, int ms)
{
    static struct timer t;
    timer_open(&t, l, on_tick);
    timer_start(&t, ms);
    while (!uv_is_closing((uv_handle_t *)&t.uv))
        uv_run(&l->uv, UV_RUN_ONCE);
    uv_run(&l->uv, UV_RUN_NOWAIT);
}
