/* SPDX-License-Identifier: Apache-2.0
 *
 * Text to unit vectors. An embedder is immutable after open: any thread may call embed.
 */
#ifndef PARLEY_EMBEDDER_H
#define PARLEY_EMBEDDER_H

#include <parley/status.h>

struct embedder;

struct embedder_ops {
    const char *name; /* stored with the index; an index made by another name is rebuilt */
    /* must */
    int (*open)(struct embedder **out, struct err *err);
    size_t (*dim)(const struct embedder *e);
    /* must. Writes n * dim floats, each row of length 1, or all zero for a text without words. */
    int (*embed)(const struct embedder *e, const struct str *text, size_t n, float *out,
                 struct err *err);
    void (*close)(struct embedder *e); /* must */
    bool spelling_only; /* sees letters, not meaning: the document search does without it */
};

extern const struct embedder_ops embedder_hash; /* built in, no download */

#endif
