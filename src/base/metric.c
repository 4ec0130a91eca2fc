/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
 * Buckets are counted apart and summed up when rendered, and _count is that sum: a scrape
 * in the middle of an update may lag by one, but never contradicts itself.
 */
#include "base/metric.h"

#include <stdio.h>
#include <string.h>

static const struct {
    int64_t us; /* inclusive */
    const char *le;
} bound[METRIC_BUCKETS] = {
    { 500, "0.0005" },  { 1000, "0.001" }, { 2000, "0.002" },  { 5000, "0.005" },     { 10000, "0.01" },
    { 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" },  { 250000, "0.25" },    { 500000, "0.5" },
    { 1000000, "1" },   { 5000000, "5" },  { 30000000, "30" }, { INT64_MAX, "+Inf" },
};

void metric_add(struct metric *m, int64_t n)
{
    atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed);
}

void metric_set(struct metric *m, int64_t value)
{
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

void metric_observe_us(struct metric *m, int64_t us)
{
    size_t i = 0;

    if (us < 0)
        us = 0;
    while (us > bound[i].us)
        i++;
    atomic_fetch_add_explicit(&m->bucket[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->sum_us, us, memory_order_relaxed);
}

static int64_t value_of(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static const char *kind_name(enum metric_kind kind)
{
    switch (kind) {
    case METRIC_COUNTER:
        return "counter";
    case METRIC_GAUGE:
        return "gauge";
    case METRIC_HISTOGRAM:
        return "histogram";
    }
    return "untyped";
}

void metric_head(enum metric_kind kind, const char *name, const char *help, struct buf *out)
{
    buf_printf(out, "# HELP %s ", name);
    for (const char *p = help ? help : ""; *p; p++) {
        if (*p == '\n')
            buf_adds(out, "\\n");
        else if (*p == '\\')
            buf_adds(out, "\\\\");
        else
            buf_addc(out, *p);
    }
    buf_printf(out, "\n# TYPE %s %s\n", name, kind_name(kind));
}

/* name + suffix and the labels, up to the blank before the value. */
static void render_name(const char *name, const char *suffix, const char *labels, const char *le,
                        struct buf *out)
{
    bool some = labels && labels[0];

    buf_printf(out, "%s%s", name, suffix);
    if (some || le)
        buf_printf(out, "{%s%s", some ? labels : "", some && le ? "," : "");
    if (le)
        buf_printf(out, "le=\"%s\"", le);
    buf_adds(out, some || le ? "} " : " ");
}

void metric_sample(const char *name, const char *labels, int64_t value, struct buf *out)
{
    render_name(name, "", labels, NULL, out);
    buf_printf(out, "%lld\n", (long long)value);
}

static void render_histogram(const struct metric *m, struct buf *out)
{
    int64_t count = 0, sum = value_of(&m->sum_us);

    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        count += value_of(&m->bucket[i]);
        render_name(m->name, "_bucket", m->labels, bound[i].le, out);
        buf_printf(out, "%lld\n", (long long)count);
    }
    render_name(m->name, "_sum", m->labels, NULL, out);
    buf_printf(out, "%lld.%06lld\n", (long long)(sum / 1000000), (long long)(sum % 1000000));
    render_name(m->name, "_count", m->labels, NULL, out);
    buf_printf(out, "%lld\n", (long long)count);
}

void metric_render(struct metric *const *m, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(m[i]->name, m[i - 1]->name) != 0)
            metric_head(m[i]->kind, m[i]->name, m[i]->help, out);
        if (m[i]->kind == METRIC_HISTOGRAM)
            render_histogram(m[i], out);
        else
            metric_sample(m[i]->name, m[i]->labels, value_of(&m[i]->value), out);
    }
}
