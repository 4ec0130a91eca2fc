/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters, gauges and histograms, declared once as static variables and listed in an
 * explicit table by their owner; rendered as Prometheus text 0.0.4. Updates are relaxed
 * atomics: any thread, no lock. No per-user labels.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdatomic.h>

#include "base/str.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_BUCKETS 14 /* upper bounds in ms: .5 1 2 5 10 25 50 100 250 500 1000 5000 30000 +Inf */

struct metric {
    enum metric_kind kind;
    const char *name; /* "parley_turns_total" */
    const char *help;
    const char *labels; /* "channel=\"web\"" or NULL */
    _Atomic int64_t value;
    _Atomic int64_t bucket[METRIC_BUCKETS];
    _Atomic int64_t sum_us;
};

#define METRIC(k, n, h, l)                                                                                   \
    {                                                                                                        \
        .kind = (k), .name = (n), .help = (h), .labels = (l)                                                 \
    }

void metric_add(struct metric *m, int64_t n);
void metric_set(struct metric *m, int64_t value);
void metric_observe_us(struct metric *m, int64_t us);
/* Samples that share a name must stand next to each other; HELP/TYPE are written once per name. */
void metric_render(struct metric *const *m, size_t n, struct buf *out);

/* For values that live with their owner: the head of a family, then its samples. `labels` as above. */
void metric_head(enum metric_kind kind, const char *name, const char *help, struct buf *out);
void metric_sample(const char *name, const char *labels, int64_t value, struct buf *out);

#endif
