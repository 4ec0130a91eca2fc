/* SPDX-License-Identifier: Apache-2.0
 *
 * Search files: as they come, and with their checksums made right, so that what is behind them is reached
 * too. One that opens must let itself be read and searched in full without touching a byte outside of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lexical/lexical_impl.h"

#define SHARDS_MAX 4 /* that are made right */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t part(uint64_t sum, const char *at, size_t size, uint64_t from, uint64_t len)
{
    return from <= size && len <= size - from ? lex_sum(sum, at + from, (size_t)len) : sum;
}

static void repair_shard(char *at, size_t size, char *entry)
{
    struct lex_shard s;

    memcpy(&s, entry, sizeof s);
    s.sum = part(0, at, size, s.rows_at, (uint64_t)s.chunks * sizeof(struct lex_row));
    s.sum = part(s.sum, at, size, s.codes_at, s.codes * sizeof(uint16_t));
    s.sum = part(s.sum, at, size, s.strings_at, s.strings_bytes);
    s.sum = part(s.sum, at, size, s.slots_at, (uint64_t)s.slots * sizeof(struct lex_slot));
    s.sum = part(s.sum, at, size, s.lists_at, s.postings * sizeof(uint16_t));
    s.sum = part(s.sum, at, size, s.impacts_at, s.postings);
    s.sum = part(s.sum, at, size, s.dense_at, s.dense * s.chunks);
    memcpy(entry, &s, sizeof s);
}

static void repair(char *at, size_t size)
{
    struct lex_head h;

    memcpy(&h, at, sizeof h);
    memcpy(h.magic, LEX_MAGIC, sizeof h.magic);
    h.version = LEX_VERSION;
    h.order = LEX_ORDER;
    h.file_bytes = size;
    if (h.shards <= SHARDS_MAX && h.dir_at <= size &&
        h.shards * sizeof(struct lex_shard) <= size - h.dir_at) {
        for (uint64_t i = 0; i < h.shards; i++)
            repair_shard(at, size, at + h.dir_at + i * sizeof(struct lex_shard));
        h.dir_sum = lex_sum(0, at + h.dir_at, (size_t)h.shards * sizeof(struct lex_shard));
    }
    h.sum = 0;
    h.sum = lex_sum(0, &h, sizeof h);
    memcpy(at, &h, sizeof h);
}

static void use(const struct lexical *l)
{
    static struct lexical_scratch *scratch;
    struct lexical_term term[] = { { .key = 100, .weight = 1, .tells = true },
                                   { .key = 200, .weight = 0.5F } };
    struct lexical_hit hit[8];
    struct lexical_passage p;
    size_t n, bytes = 0;
    uint32_t at;

    if (!scratch && !(scratch = lexical_scratch_new()))
        abort();
    n = lexical_search(l, scratch, term, ARRAY_LEN(term), 0, hit, ARRAY_LEN(hit));
    for (size_t i = 0; i < n; i++)
        if (hit[i].at >= lexical_chunks(l) || (i && hit[i].score > hit[i - 1].score))
            abort();
    for (uint32_t i = 0; i < lexical_chunks(l); i++) {
        lexical_passage_at(l, i, &p);
        bytes += strlen(p.title) + strlen(p.source) + strlen(p.text);
        for (uint32_t c = 0; c < p.title_codes + p.heading_codes + p.body_codes; c++)
            bytes += p.code[c];
        if (!lexical_find(l, p.id, &at) || at != i)
            abort();
    }
    if (bytes > SIZE_MAX / 2)
        abort();
}

static void open_bytes(const char *at, size_t size)
{
    struct lexical *l = NULL;
    struct err err;
    char path[40];
    int fd = memfd_create("index", MFD_CLOEXEC), rc;

    if (fd < 0 || write(fd, at, size) != (ssize_t)size)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    rc = lexical_open(&l, path, &err);
    if (rc != 0 && rc != X_E_INVALID)
        abort();
    if (rc == 0)
        use(l);
    lexical_close(l);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    open_bytes(copy, size);
    if (size >= sizeof(struct lex_head)) {
        repair(copy, size);
        open_bytes(copy, size);
    }
    free(copy);
    return 0;
}
