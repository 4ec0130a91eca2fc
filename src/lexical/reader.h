/* SPDX-License-Identifier: Apache-2.0
 *
 * An open search file as file.c leaves it to score.c: verified, so all of it may be followed.
 */
#ifndef LEXICAL_READER_H
#define LEXICAL_READER_H

#include <sys/stat.h>

#include "lexical/lexical_impl.h"

struct shard {
    const struct lex_row *row;
    const uint16_t *code;
    const char *strings;
    const struct lex_slot *slot;
    const uint16_t *position;
    const uint8_t *impact, *dense;
    uint64_t strings_bytes, codes;
    uint32_t chunks, slot_mask;
};

struct lexical {
    void *map;
    size_t bytes;
    struct shard *shard;
    size_t shards;
    uint32_t chunks;
    dev_t dev; /* dev, ino, changed and bytes: which file it is */
    ino_t ino;
    struct timespec changed;
};

#endif
