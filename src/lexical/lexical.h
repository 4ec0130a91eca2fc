/* SPDX-License-Identifier: Apache-2.0
 *
 * The search file: passages, and for each feature of their texts (a 64-bit key: a stem, a character gram)
 * the list of passages that have it with an 8-bit impact, the saturated and length-normalised
 * half of BM25. The other half, the rarity of the feature, is taken when a query is asked, so lists of one
 * file never change. It knows nothing of languages or documents: what a feature is, is its caller's business.
 *
 * Written once, from start to end, then mapped and only read: a search takes no lock, no system call and no
 * allocation. Passages stand in shards of LEXICAL_SHARD, each with lists of its own: the scores of one
 * shard stay in the cache, the writer holds one shard in memory, and a position takes 16 bits.
 */
#ifndef LEXICAL_LEXICAL_H
#define LEXICAL_LEXICAL_H

#include <parley/status.h>

#define LEXICAL_SHARD     65536U
#define LEXICAL_CHUNK_MAX (1U << 24) /* passages of one file */
#define LEXICAL_TERMS_MAX 512        /* of one query */

struct lexical_stamp { /* carried, never interpreted: by what the caller knows the file again */
    int64_t incarnation, generation, documents;
    uint64_t dim;
    char embedder[64], vindex[32];
};

struct lexical_passage {
    int64_t id;
    const char *title, *source, *text;
    /* The words in their order as the caller's 16-bit codes: those of the title, the heading, then the body.
     */
    const uint16_t *code;
    uint32_t title_codes, heading_codes, body_codes; /* the first two at most 255 */
};

struct lexical_feature {
    uint64_t key;
    float tf; /* how often; a part of the text may count more than once */
};

/* ---- writing; one thread ---- */
struct lexical_writer;

/* Makes `path` anew. `mean_len`: of all passages that will come, the sum of tf. */
int lexical_writer_open(struct lexical_writer **out, const char *path, double mean_len, struct err *err);
/* Ids ascend. The features may repeat a key; their order is not kept. */
int lexical_writer_add(struct lexical_writer *w, const struct lexical_passage *p, struct lexical_feature *f,
                       size_t n, struct err *err);
/* Writes the rest and syncs the file. The writer is gone either way; on an error the file too. */
int lexical_writer_close(struct lexical_writer *w, const struct lexical_stamp *stamp, struct err *err);
void lexical_writer_drop(struct lexical_writer *w); /* and the file; NULL is nothing */

/* ---- reading; any number of threads ---- */
struct lexical;

/* Maps and verifies all of it. -ENOENT: absent; X_E_INVALID: torn, damaged, foreign or of another version. */
int lexical_open(struct lexical **out, const char *path, struct err *err);
void lexical_close(struct lexical *l);
/* Only who it is, without a look at the rest: three system calls. Errors as above. */
int lexical_peek(const char *path, struct lexical_stamp *stamp, size_t *chunks, struct err *err);
/* Is `path` still the file that is open? One stat. */
bool lexical_is_at(const struct lexical *l, const char *path);
const struct lexical_stamp *lexical_stamp_of(const struct lexical *l);
size_t lexical_chunks(const struct lexical *l);
/* Borrowed until close. */
void lexical_passage_at(const struct lexical *l, uint32_t at, struct lexical_passage *out);
bool lexical_find(const struct lexical *l, int64_t id, uint32_t *at);

struct lexical_term {
    uint64_t key;
    float weight; /* > 0 */
    float rarity; /* out */
    bool tells;   /* one such term in common makes a passage a hit */
};

struct lexical_hit {
    uint32_t at;
    float score;
};

/* One search's memory; one thread. */
struct lexical_scratch;
struct lexical_scratch *lexical_scratch_new(void); /* NULL: out of memory */
void lexical_scratch_free(struct lexical_scratch *s);

/* The k best, best first, equals by position; their number. `near`: the share of the best thinkable score
 * from which a passage is a hit although it has none of the terms that tell. Keys are distinct. */
size_t lexical_search(const struct lexical *l, struct lexical_scratch *s, struct lexical_term *term,
                      size_t terms, float near, struct lexical_hit *out, size_t k);

#endif
