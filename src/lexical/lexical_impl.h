/* SPDX-License-Identifier: Apache-2.0
 *
 * How a search file is laid out, in the byte order of the machine:
 *   head | shard ... | directory, one entry per shard
 *   shard = rows | codes | strings (NUL-terminated) | slots of the key table | positions | impacts |
 * dense impacts
 * Every part begins at a multiple of 8. A list is a run of positions and the run of impacts beside it. One
 * that more than a third of the passages are in, a common word, is dense: an impact for each passage, 0 where
 * it is not; that is smaller, and added to all sums at once. The key table is open-addressed with at least a
 * quarter of its slots empty. The checksum of a shard stands in its entry of the directory, that of the
 * directory in the head, that of the head in itself.
 */
#ifndef LEXICAL_LEXICAL_IMPL_H
#define LEXICAL_LEXICAL_IMPL_H

#include "lexical/lexical.h"

#define LEX_MAGIC      "PARLEYLX"
#define LEX_VERSION    1U
#define LEX_ORDER      0x01020304U
#define LEX_IMPACT_MAX 255
#define LEX_DENSE      0x80000000U

/* BM25. The impact of tf in a text of `len`: tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / mean)), which ends
 * at k1 + 1; kept as LEX_IMPACT_MAX parts of that. */
#define LEX_K1 0.9
#define LEX_B  0.9

struct lex_head {
    char magic[8];
    uint32_t version, order;
    struct lexical_stamp stamp;
    uint64_t chunks, shards, dir_at, file_bytes;
    uint64_t dir_sum;
    uint64_t sum; /* of the head, with this field 0 */
};

struct lex_shard { /* offsets into the file */
    uint64_t rows_at, codes_at, strings_at, slots_at, lists_at, impacts_at, dense_at, end;
    uint64_t strings_bytes, codes;
    uint32_t chunks, slots; /* slots: a power of two */
    uint64_t postings;      /* in lists that are not dense */
    uint64_t dense;         /* lists that are */
    uint64_t sum;           /* of the seven parts, each continuing the one before */
};

struct lex_row {
    int64_t id;
    uint32_t title, source, text; /* offsets into the shard's strings */
    uint32_t code;                /* index of the first */
    uint32_t body_codes;
    uint16_t title_codes, heading_codes;
};

struct lex_slot {
    uint64_t key;
    uint32_t from; /* the first posting, or which of the dense lists */
    uint32_t n;    /* passages, with LEX_DENSE; 0: empty */
};

_Static_assert(sizeof(struct lex_head) % 8 == 0 && sizeof(struct lex_shard) % 8 == 0, "parts are aligned");
_Static_assert(sizeof(struct lex_row) == 32 && sizeof(struct lex_slot) == 16, "rows have no padding");

/* Keys are hashes whose low bits may be poor. */
static inline uint64_t lex_mix(uint64_t key)
{
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15ULL;
    return key ^ (key >> 29);
}

/* Finds damage, not forgery. Continues from `sum`. */
uint64_t lex_sum(uint64_t sum, const void *bytes, size_t len);

/* sum[i] += weight * impact[i]; where the impact is not 0, the bits of `flag` are set too. In dense.c. */
void lex_add_dense(uint32_t *sum, const uint8_t *impact, uint32_t n, uint32_t weight, uint32_t flag);
void lex_add_dense_plain(uint32_t *sum, const uint8_t *impact, uint32_t n, uint32_t weight, uint32_t flag);

static inline uint64_t lex_align(uint64_t at)
{
    return (at + 7) & ~UINT64_C(7);
}

#endif
