/* SPDX-License-Identifier: Apache-2.0
 *
 * A search file, mapped. Everything a search follows (offsets, list bounds, positions, string ends) is
 * verified once at open, so the search itself checks nothing and a hostile file can at worst hold wrong
 * answers. The file must not be written in place: new ones are renamed over old ones, whose pages stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lexical/reader.h"

void lexical_close(struct lexical *l)
{
    if (!l)
        return;
    if (l->map)
        (void)munmap(l->map, l->bytes);
    free(l->shard);
    free(l);
}

/* ---- verification: each says what is wrong, or NULL ---- */

static bool part_fits(uint64_t at, uint64_t n, uint64_t each, uint64_t end)
{
    return at % 8 == 0 && at <= end && n <= (end - at) / each;
}

static const char *head_wrong(const struct lex_head *h, uint64_t bytes)
{
    struct lex_head plain;

    if (bytes < sizeof(*h) || memcmp(h->magic, LEX_MAGIC, sizeof(h->magic)) != 0)
        return "not a search file";
    if (h->version != LEX_VERSION || h->order != LEX_ORDER)
        return "made by another version or kind of machine";
    plain = *h;
    plain.sum = 0;
    if (lex_sum(0, &plain, sizeof(plain)) != h->sum || h->file_bytes != bytes)
        return "truncated or damaged";
    if (h->chunks > LEXICAL_CHUNK_MAX || h->shards != (h->chunks + LEXICAL_SHARD - 1) / LEXICAL_SHARD ||
        !part_fits(h->dir_at, h->shards, sizeof(struct lex_shard), bytes))
        return "its counts do not fit its length";
    if (!memchr(h->stamp.embedder, '\0', sizeof(h->stamp.embedder)) ||
        !memchr(h->stamp.vindex, '\0', sizeof(h->stamp.vindex)))
        return "its names do not end";
    return NULL;
}

static const char *parts_wrong(const struct lex_shard *s, uint64_t chunks, uint64_t bytes)
{
    if (s->chunks != chunks || s->slots == 0 || (s->slots & (s->slots - 1)) != 0 ||
        s->strings_bytes > UINT32_MAX || s->postings > UINT32_MAX)
        return "a shard's counts are wrong";
    if (s->end > bytes || !part_fits(s->rows_at, s->chunks, sizeof(struct lex_row), s->end) ||
        !part_fits(s->codes_at, s->codes, sizeof(uint16_t), s->end) ||
        !part_fits(s->strings_at, s->strings_bytes, 1, s->end) ||
        !part_fits(s->slots_at, s->slots, sizeof(struct lex_slot), s->end) ||
        !part_fits(s->lists_at, s->postings, sizeof(uint16_t), s->end) ||
        !part_fits(s->impacts_at, s->postings, 1, s->end) || s->dense > UINT32_MAX ||
        !part_fits(s->dense_at, s->dense * s->chunks, 1, s->end))
        return "a shard does not fit the file";
    return NULL;
}

static const char *rows_wrong(const struct shard *s, int64_t *last_id)
{
    if (s->chunks && (s->strings_bytes == 0 || s->strings[s->strings_bytes - 1] != '\0'))
        return "its strings do not end";
    for (uint32_t i = 0; i < s->chunks; i++) {
        const struct lex_row *r = &s->row[i];

        if (r->title >= s->strings_bytes || r->source >= s->strings_bytes || r->text >= s->strings_bytes)
            return "a string is outside";
        if (r->code > s->codes || r->body_codes > s->codes - r->code ||
            (uint64_t)r->title_codes + r->heading_codes > s->codes - r->code - r->body_codes)
            return "a passage's codes are outside";
        if (r->id <= *last_id)
            return "its passages are out of order";
        *last_id = r->id;
    }
    return NULL;
}

static bool list_outside(const struct lex_slot *at, const struct lex_shard *s)
{
    if (at->n & LEX_DENSE)
        return at->from >= s->dense || (at->n & ~LEX_DENSE) > s->chunks;
    return at->from > s->postings || at->n > s->postings - at->from;
}

static const char *lists_wrong(const struct shard *s, const struct lex_shard *entry)
{
    uint32_t used = 0, most = 0;

    for (uint32_t i = 0; i <= s->slot_mask; i++) {
        used += s->slot[i].n > 0;
        if (list_outside(&s->slot[i], entry))
            return "a list is outside";
    }
    if (used > s->slot_mask) /* a look-up ends at an empty slot */
        return "its key table is full";
    for (uint64_t i = 0; i < entry->postings; i++)
        most = s->position[i] > most ? s->position[i] : most;
    return entry->postings && most >= s->chunks ? "a position is outside" : NULL;
}

static const char *shard_open(struct lexical *l, struct shard *out, const struct lex_shard *s,
                              int64_t *last_id)
{
    const char *map = l->map, *wrong;
    uint64_t sum;

    *out = (struct shard){
        .row = (const void *)(map + s->rows_at),
        .code = (const void *)(map + s->codes_at),
        .strings = map + s->strings_at,
        .slot = (const void *)(map + s->slots_at),
        .position = (const void *)(map + s->lists_at),
        .impact = (const void *)(map + s->impacts_at),
        .dense = (const void *)(map + s->dense_at),
        .strings_bytes = s->strings_bytes,
        .codes = s->codes,
        .chunks = s->chunks,
        .slot_mask = s->slots - 1,
    };
    sum = lex_sum(0, out->row, s->chunks * sizeof(*out->row));
    sum = lex_sum(sum, out->code, s->codes * sizeof(*out->code));
    sum = lex_sum(sum, out->strings, s->strings_bytes);
    sum = lex_sum(sum, out->slot, s->slots * sizeof(*out->slot));
    sum = lex_sum(sum, out->position, s->postings * sizeof(*out->position));
    sum = lex_sum(sum, out->impact, s->postings);
    sum = lex_sum(sum, out->dense, s->dense * s->chunks);
    if (sum != s->sum)
        return "truncated or damaged";
    wrong = rows_wrong(out, last_id);
    return wrong ? wrong : lists_wrong(out, s);
}

static const char *verify(struct lexical *l)
{
    const struct lex_head *h = l->map;
    const char *wrong = head_wrong(h, l->bytes);
    const struct lex_shard *dir;
    int64_t last_id = INT64_MIN;

    if (wrong)
        return wrong;
    dir = (const void *)((const char *)l->map + h->dir_at);
    if (lex_sum(0, dir, h->shards * sizeof(*dir)) != h->dir_sum)
        return "truncated or damaged";
    l->shard = calloc(h->shards + 1, sizeof(*l->shard));
    if (!l->shard)
        return "too large for this machine's memory";
    l->chunks = (uint32_t)h->chunks;
    for (uint64_t left = h->chunks; left && !wrong; l->shards++) {
        uint64_t chunks = left < LEXICAL_SHARD ? left : LEXICAL_SHARD;

        wrong = parts_wrong(&dir[l->shards], chunks, h->dir_at);
        if (!wrong)
            wrong = shard_open(l, &l->shard[l->shards], &dir[l->shards], &last_id);
        left -= chunks;
    }
    return wrong;
}

/* ---- opening ---- */

static int map_file(struct lexical *l, int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct lex_head))
        return err_set(err, X_E_INVALID, "%s: not a search file", path);
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    l->changed = st.st_mtim;
    l->bytes = (size_t)st.st_size;
    l->map = mmap(NULL, l->bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (l->map == MAP_FAILED) {
        l->map = NULL;
        return err_set(err, -errno, "%s: cannot be mapped: %s", path, strerror(errno));
    }
    return 0;
}

int lexical_peek(const char *path, struct lexical_stamp *stamp, size_t *chunks, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *wrong = "not a search file";
    struct lex_head h;
    struct stat st;

    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && pread(fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h))
        wrong = head_wrong(&h, (uint64_t)st.st_size);
    close(fd);
    if (wrong)
        return err_set(err, X_E_INVALID, "%s: %s; index again", path, wrong);
    *stamp = h.stamp;
    *chunks = (size_t)h.chunks;
    return 0;
}

int lexical_open(struct lexical **out, const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
    struct lexical *l;
    const char *wrong;

    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    l = calloc(1, sizeof(*l));
    rc = l ? map_file(l, fd, path, err) : err_set(err, -ENOMEM, "out of memory");
    close(fd);
    if (!rc && (wrong = verify(l)))
        rc = err_set(err, X_E_INVALID, "%s: %s; index again", path, wrong);
    if (rc) {
        lexical_close(l);
        return rc;
    }
    *out = l;
    return 0;
}

bool lexical_is_at(const struct lexical *l, const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_ino == l->ino && st.st_dev == l->dev &&
           st.st_mtim.tv_sec == l->changed.tv_sec && st.st_mtim.tv_nsec == l->changed.tv_nsec &&
           (size_t)st.st_size == l->bytes;
}

/* ---- passages ---- */

const struct lexical_stamp *lexical_stamp_of(const struct lexical *l)
{
    return &((const struct lex_head *)l->map)->stamp;
}

size_t lexical_chunks(const struct lexical *l)
{
    return l->chunks;
}

void lexical_passage_at(const struct lexical *l, uint32_t at, struct lexical_passage *out)
{
    const struct shard *s = &l->shard[at / LEXICAL_SHARD];
    const struct lex_row *r = &s->row[at % LEXICAL_SHARD];

    *out = (struct lexical_passage){
        .id = r->id,
        .title = s->strings + r->title,
        .source = s->strings + r->source,
        .text = s->strings + r->text,
        .code = s->code + r->code,
        .title_codes = r->title_codes,
        .heading_codes = r->heading_codes,
        .body_codes = r->body_codes,
    };
}

bool lexical_find(const struct lexical *l, int64_t id, uint32_t *at)
{
    uint32_t lo = 0, hi = l->chunks;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int64_t found = l->shard[mid / LEXICAL_SHARD].row[mid % LEXICAL_SHARD].id;

        if (found == id) {
            *at = mid;
            return true;
        }
        if (found < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}
