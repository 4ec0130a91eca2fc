/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks come zeroed from calloc and are never handed out twice, so an allocation
 * needs no memset. Each block is twice as large as the one before, up to 256 KiB or
 * what one allocation needs. The cap counts what was given out; the tails of full
 * blocks come on top and are always less than that again, so an arena never holds
 * more than twice its cap. Under ASan everything not given out is poisoned, also the
 * bytes that alignment adds behind an allocation.
 */
#include <parley/arena.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, bytes)   __asan_poison_memory_region(at, bytes)
#define UNPOISON(at, bytes) __asan_unpoison_memory_region(at, bytes)
#else
#define POISON(at, bytes)   ((void)(at), (void)(bytes))
#define UNPOISON(at, bytes) ((void)(at), (void)(bytes))
#endif

#define ALIGN           _Alignof(max_align_t)
#define BLOCK_FIRST     ((size_t)8192)
#define BLOCK_MOST      ((size_t)262144)
#define ALLOCATION_MOST ((size_t)PTRDIFF_MAX - BLOCK_MOST) /* sums below cannot overflow */

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(max_align_t) unsigned char at[];
};

void arena_init(struct arena *a, size_t cap_bytes)
{
    *a = (struct arena){ .cap_bytes = cap_bytes };
}

void arena_wipe(struct arena *a)
{
    while (a->head) {
        struct arena_block *b = a->head;

        a->head = b->next;
        UNPOISON(b->at, b->size);
        explicit_bzero(b->at, b->used);
        free(b);
    }
    a->used_bytes = 0;
    a->failed = false;
}

static size_t block_room(const struct arena_block *b)
{
    return b ? b->size - b->used : 0;
}

/* The size of the next block: doubled, but no more than the cap can still use. */
static size_t block_size(const struct arena *a, size_t need)
{
    size_t size = a->head ? a->head->size * 2 : BLOCK_FIRST;
    size_t left = a->cap_bytes - a->used_bytes;

    if (size > BLOCK_MOST)
        size = BLOCK_MOST;
    if (size > left)
        size = left;
    return size < need ? need : size;
}

/* A block with room for `need`. It becomes the head unless the old head has more room left. */
static struct arena_block *block_new(struct arena *a, size_t need)
{
    size_t size = block_size(a, need);
    struct arena_block *b = calloc(1, sizeof *b + size);

    if (!b)
        return NULL;
    b->size = size;
    POISON(b->at, size);
    if (size - need < block_room(a->head)) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        b->next = a->head;
        a->head = b;
    }
    return b;
}

static void *arena_fail(struct arena *a)
{
    a->failed = true;
    return NULL;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    struct arena_block *b = a->head;
    unsigned char *at;
    size_t need;

    if (a->failed || bytes > ALLOCATION_MOST)
        return arena_fail(a);
    need = bytes ? (bytes + ALIGN - 1) & ~(ALIGN - 1) : ALIGN;
    if (need > a->cap_bytes - a->used_bytes)
        return arena_fail(a);
    if (need > block_room(b)) {
        b = block_new(a, need);
        if (!b)
            return arena_fail(a);
    }
    at = b->at + b->used;
    b->used += need;
    a->used_bytes += need;
    UNPOISON(at, bytes);
    return at;
}

void *arena_array(struct arena *a, size_t count, size_t each_bytes)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, each_bytes, &bytes))
        return arena_fail(a);
    return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    size_t n = text ? strnlen(text, len) : 0;
    char *copy = arena_alloc(a, n + 1);

    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, text ? strlen(text) : 0);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    char *text;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return arena_fail(a);
    text = arena_alloc(a, (size_t)n + 1);
    if (!text)
        return NULL;
    va_start(ap, fmt);
    (void)vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}
