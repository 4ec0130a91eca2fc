/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration and policies as one immutable, counted thing. SIGHUP loads a new one and
 * swaps it in whole or not at all; running turns keep theirs. Counting is atomic.
 */
#ifndef CONF_SNAPSHOT_H
#define CONF_SNAPSHOT_H

#include "conf/config.h"
#include "conf/policy.h"

struct snapshot {
    const struct config *config;
    const struct policies *policies;
    /* private */
    int refs;
};

int snapshot_load(struct snapshot **out, const struct config_source *src, struct err *err);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s); /* NULL is fine */

#endif
