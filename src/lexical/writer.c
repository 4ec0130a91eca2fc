/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a search file: passages are collected until a shard is full, then its lists go out. A list grows by
 * doubling; with the strings that is what memory a shard takes, some 100 MB when full. Nothing of the
 * file is believed before its head is there, which is written last, so a torn one is seen as such.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "lexical/lexical_impl.h"

#define SLOTS_FIRST    64U
#define DENSE_ROWS_MIN 64 /* below, no list is dense */

struct list {
    uint64_t key;
    uint32_t n, room;
    uint32_t *at; /* position << 8 | impact */
};

struct lexical_writer {
    FILE *f;
    char *path;
    double mean_len;
    uint64_t at, chunks;
    int64_t last_id;
    struct lex_shard *dir;
    size_t shards;
    /* the shard in hand */
    struct lex_row *row;
    size_t rows;
    struct buf strings, codes;
    struct list *list;
    size_t slots, lists;
};

static int fault(const struct lexical_writer *w, int code, struct err *err)
{
    return err_set(err, code, "%s: cannot be written: %s", w->path, strerror(-code));
}

static void lists_free(struct lexical_writer *w)
{
    for (size_t i = 0; i < w->slots; i++)
        free(w->list[i].at);
    free(w->list);
    w->list = NULL;
    w->slots = w->lists = 0;
}

static void writer_free(struct lexical_writer *w)
{
    if (w->f)
        (void)fclose(w->f);
    lists_free(w);
    buf_free(&w->strings);
    buf_free(&w->codes);
    free(w->row);
    free(w->dir);
    free(w->path);
    free(w);
}

void lexical_writer_drop(struct lexical_writer *w)
{
    if (!w)
        return;
    (void)unlink(w->path);
    writer_free(w);
}

static int put(struct lexical_writer *w, const void *bytes, size_t len)
{
    static const char zero[8];
    size_t pad = (size_t)(lex_align(w->at + len) - (w->at + len));

    if ((len && fwrite(bytes, len, 1, w->f) != 1) || (pad && fwrite(zero, pad, 1, w->f) != 1))
        return errno ? -errno : -EIO;
    w->at += len + pad;
    return 0;
}

int lexical_writer_open(struct lexical_writer **out, const char *path, double mean_len, struct err *err)
{
    struct lexical_writer *w = calloc(1, sizeof(*w));
    const struct lex_head none = { .version = 0 };
    int fd, rc = 0;

    if (!w)
        return err_set(err, -ENOMEM, "out of memory");
    w->mean_len = mean_len > 0 ? mean_len : 1;
    w->last_id = INT64_MIN;
    buf_init(&w->strings, UINT32_MAX);
    buf_init(&w->codes, UINT32_MAX);
    w->path = strdup(path);
    w->row = malloc(LEXICAL_SHARD * sizeof(*w->row));
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !(w->f = fdopen(fd, "w+"))) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
    }
    if (!w->path || !w->row)
        rc = -ENOMEM;
    if (!rc)
        rc = put(w, &none, sizeof(none));
    if (rc) {
        err_set(err, rc, "%s: cannot be written: %s", path, strerror(-rc));
        if (w->f)
            (void)unlink(path);
        writer_free(w);
        return rc;
    }
    *out = w;
    return 0;
}

/* ---- lists ---- */

static struct list *slot_of(struct list *list, size_t slots, uint64_t key)
{
    size_t i = (size_t)lex_mix(key) & (slots - 1);

    while (list[i].n && list[i].key != key)
        i = (i + 1) & (slots - 1);
    return &list[i];
}

static int lists_reserve(struct lexical_writer *w)
{
    size_t slots = w->slots ? w->slots * 2 : SLOTS_FIRST;
    struct list *more;

    if (w->lists < w->slots / 4 * 3)
        return 0;
    if (slots > UINT32_MAX / 2 || !(more = calloc(slots, sizeof(*more))))
        return -ENOMEM;
    for (size_t i = 0; i < w->slots; i++)
        if (w->list[i].n)
            *slot_of(more, slots, w->list[i].key) = w->list[i];
    free(w->list);
    w->list = more;
    w->slots = slots;
    return 0;
}

static int list_push(struct lexical_writer *w, uint64_t key, uint32_t posting)
{
    int rc = lists_reserve(w);
    struct list *l;

    if (rc)
        return rc;
    l = slot_of(w->list, w->slots, key);
    if (l->n == l->room) {
        uint32_t room = l->room ? l->room * 2 : 2;
        uint32_t *more = realloc(l->at, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        l->at = more;
        l->room = room;
    }
    w->lists += l->n == 0;
    l->key = key;
    l->at[l->n++] = posting;
    return 0;
}

/* ---- a full shard ---- */

struct parts {
    struct lex_slot *slot;
    uint16_t *position;
    uint8_t *impact, *dense;
    uint32_t postings, lists; /* laid so far */
};

static bool is_dense(const struct lexical_writer *w, const struct list *l)
{
    return l->n > w->rows / 3 && w->rows >= DENSE_ROWS_MIN;
}

static void parts_free(struct parts *p)
{
    free(p->slot);
    free(p->position);
    free(p->impact);
    free(p->dense);
}

static int parts_reserve(struct parts *p, const struct lexical_writer *w, struct lex_shard *s)
{
    for (size_t i = 0; i < w->slots; i++) {
        bool dense = is_dense(w, &w->list[i]);

        s->dense += dense;
        s->postings += dense ? 0 : w->list[i].n;
    }
    p->slot = malloc(w->slots * sizeof(*p->slot));
    p->position = malloc(s->postings * sizeof(*p->position) + 1);
    p->impact = malloc(s->postings + 1);
    p->dense = calloc(s->dense + 1, w->rows);
    return p->slot && p->position && p->impact && p->dense ? 0 : -ENOMEM;
}

static void lay_dense(struct parts *p, const struct list *l, size_t rows)
{
    uint8_t *impact = p->dense + p->lists++ * rows;

    for (uint32_t j = 0; j < l->n; j++)
        impact[l->at[j] >> 8] = (uint8_t)l->at[j];
}

static void lay(struct parts *p, const struct list *l)
{
    for (uint32_t j = 0; j < l->n; j++, p->postings++) {
        p->position[p->postings] = (uint16_t)(l->at[j] >> 8);
        p->impact[p->postings] = (uint8_t)l->at[j];
    }
}

/* Gives each list its place and makes it the slot it becomes. */
static void lists_lay(struct parts *p, const struct lexical_writer *w)
{
    for (size_t i = 0; i < w->slots; i++) {
        const struct list *l = &w->list[i];

        p->slot[i] = (struct lex_slot){ .key = l->key, .n = l->n };
        if (is_dense(w, l)) {
            p->slot[i].from = p->lists;
            p->slot[i].n |= LEX_DENSE;
            lay_dense(p, l, w->rows);
        } else if (l->n) {
            p->slot[i].from = p->postings;
            lay(p, l);
        }
    }
}

static int put_part(struct lexical_writer *w, uint64_t *at, uint64_t *sum, const void *bytes, size_t len)
{
    *at = w->at;
    *sum = lex_sum(*sum, bytes, len);
    return put(w, bytes, len);
}

static int shard_put(struct lexical_writer *w, struct lex_shard *s)
{
    struct parts p = { .postings = 0 };
    int rc = parts_reserve(&p, w, s);

    if (!rc) {
        lists_lay(&p, w);
        rc = put_part(w, &s->rows_at, &s->sum, w->row, w->rows * sizeof(*w->row));
    }
    if (!rc)
        rc = put_part(w, &s->codes_at, &s->sum, w->codes.at, w->codes.len);
    if (!rc)
        rc = put_part(w, &s->strings_at, &s->sum, w->strings.at, w->strings.len);
    if (!rc)
        rc = put_part(w, &s->slots_at, &s->sum, p.slot, w->slots * sizeof(*p.slot));
    if (!rc)
        rc = put_part(w, &s->lists_at, &s->sum, p.position, s->postings * sizeof(*p.position));
    if (!rc)
        rc = put_part(w, &s->impacts_at, &s->sum, p.impact, s->postings);
    if (!rc)
        rc = put_part(w, &s->dense_at, &s->sum, p.dense, s->dense * w->rows);
    s->end = w->at;
    parts_free(&p);
    return rc;
}

static int shard_end(struct lexical_writer *w)
{
    struct lex_shard *more = realloc(w->dir, (w->shards + 1) * sizeof(*more));
    int rc = more ? lists_reserve(w) : -ENOMEM; /* a shard without any feature has a table all the same */

    if (!more)
        return rc;
    w->dir = more;
    if (rc)
        return rc;
    more[w->shards] = (struct lex_shard){
        .strings_bytes = w->strings.len,
        .codes = w->codes.len / sizeof(uint16_t),
        .chunks = (uint32_t)w->rows,
        .slots = (uint32_t)w->slots,
    };
    rc = shard_put(w, &more[w->shards++]);
    w->rows = 0;
    lists_free(w);
    buf_clear(&w->strings);
    buf_clear(&w->codes);
    return rc;
}

/* ---- a passage ---- */

static int by_key(const void *a, const void *b)
{
    const struct lexical_feature *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

static uint32_t impact_of(double tf, double norm)
{
    double part = tf / (tf + LEX_K1 * norm);
    uint32_t impact = (uint32_t)(part * LEX_IMPACT_MAX + 0.5);

    return impact ? impact : 1;
}

static int features_push(struct lexical_writer *w, struct lexical_feature *f, size_t n)
{
    uint32_t position = (uint32_t)w->rows << 8;
    double len = 0, norm;
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        len += (double)f[i].tf;
    norm = 1 - LEX_B + LEX_B * len / w->mean_len;
    if (n)
        qsort(f, n, sizeof(*f), by_key);
    for (size_t i = 0, run; i < n && !rc; i += run) {
        double tf = (double)f[i].tf;

        for (run = 1; i + run < n && f[i + run].key == f[i].key; run++)
            tf += (double)f[i + run].tf;
        rc = list_push(w, f[i].key, position | impact_of(tf, norm));
    }
    return rc;
}

/* The text's offset; one that the row before had too is not written twice (the title of a document). */
static uint32_t string_put(struct buf *b, const char *text, bool follows, uint32_t before)
{
    uint32_t at = (uint32_t)b->len;

    if (follows && strcmp(b->at + before, text) == 0)
        return before;
    buf_add(b, text, strlen(text) + 1);
    return at;
}

int lexical_writer_add(struct lexical_writer *w, const struct lexical_passage *p, struct lexical_feature *f,
                       size_t n, struct err *err)
{
    const struct lex_row *before;
    struct lex_row *row;
    int rc = w->rows == LEXICAL_SHARD ? shard_end(w) : 0;

    if (rc)
        return fault(w, rc, err);
    if (w->chunks == LEXICAL_CHUNK_MAX)
        return err_set(err, X_E_LIMIT, "%s: more than %u passages", w->path, LEXICAL_CHUNK_MAX);
    if (p->id <= w->last_id)
        return err_set(err, -EINVAL, "%s: passages out of order", w->path);
    row = &w->row[w->rows];
    before = w->rows ? row - 1 : row;
    row->id = w->last_id = p->id;
    row->code = (uint32_t)(w->codes.len / sizeof(*p->code));
    row->title_codes = (uint16_t)p->title_codes;
    row->heading_codes = (uint16_t)p->heading_codes;
    row->body_codes = p->body_codes;
    buf_add(&w->codes, p->code, (p->title_codes + p->heading_codes + p->body_codes) * sizeof(*p->code));
    row->title = string_put(&w->strings, p->title, w->rows > 0, before->title);
    row->source = string_put(&w->strings, p->source, w->rows > 0, before->source);
    row->text = string_put(&w->strings, p->text, false, 0);
    rc = w->strings.failed || w->codes.failed ? -ENOMEM : features_push(w, f, n);
    if (rc)
        return fault(w, rc, err);
    w->rows++;
    w->chunks++;
    return 0;
}

/* ---- the end ---- */

static int head_put(struct lexical_writer *w, const struct lexical_stamp *stamp)
{
    struct lex_head h = {
        .magic = LEX_MAGIC,
        .version = LEX_VERSION,
        .order = LEX_ORDER,
        .stamp = *stamp,
        .chunks = w->chunks,
        .shards = w->shards,
        .dir_at = w->at,
        .dir_sum = lex_sum(0, w->dir, w->shards * sizeof(*w->dir)),
    };
    int rc = put(w, w->dir, w->shards * sizeof(*w->dir));

    if (rc)
        return rc;
    h.file_bytes = w->at;
    h.sum = lex_sum(0, &h, sizeof(h));
    if (fflush(w->f) != 0 || fsync(fileno(w->f)) != 0 || fseek(w->f, 0, SEEK_SET) != 0)
        return -errno;
    rc = put(w, &h, sizeof(h));
    if (!rc && (fflush(w->f) != 0 || fsync(fileno(w->f)) != 0))
        rc = -errno;
    return rc;
}

int lexical_writer_close(struct lexical_writer *w, const struct lexical_stamp *stamp, struct err *err)
{
    int rc = w->rows ? shard_end(w) : 0;

    if (!rc)
        rc = head_put(w, stamp);
    if (rc) {
        fault(w, rc, err);
        lexical_writer_drop(w);
        return rc;
    }
    writer_free(w);
    return 0;
}
