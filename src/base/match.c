/* SPDX-License-Identifier: Apache-2.0
 *
 * PCRE2 under limits. A pattern is an operator's, the subject is an attacker's: so what is
 * bounded is the work per match (MATCH_LIMIT), the heap of the interpreter and the stack of
 * the JIT, and running into a bound is an outcome the caller must treat as a hit.
 *
 * JIT is tried per pattern and its absence is no error: under MemoryDenyWriteExecute the
 * kernel refuses executable memory and the interpreter runs at the same limits.
 * PCRE2 checks a subject's UTF-8 from the start offset to the end in every call, which makes
 * finding n matches cost n * length; the scratch remembers which scan it is in and has a
 * text checked once. \C is refused, since it could stop inside a character.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/match.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_LIMIT_KIB  8192U /* the interpreter keeps its largest so far: per scratch */
#define DEPTH_LIMIT     (MATCH_LIMIT / 2U)
#define JIT_STACK_FIRST (32U << 10)
#define JIT_STACK_MAX   (1U << 20)
#define REASON_BYTES    160

struct matcher {
    pcre2_code *code;
    pcre2_code *ascii; /* the same for texts of ASCII alone: no tables of Unicode properties; may be NULL */
};

struct match_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    const struct matcher *scanning; /* of the scan that is going on: its subject is known to be UTF-8 */
    const char *text;
    size_t len, reached;
};

static atomic_bool jit_off;

void match_jit_enable(bool on)
{
    atomic_store(&jit_off, !on);
}

/* Eight bytes at a time; the tail by bytes. */
static bool is_ascii(const char *text, size_t len)
{
    uint64_t seen = 0, eight;
    size_t i = 0;

    for (; i + sizeof eight <= len; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        seen |= eight;
    }
    for (; i < len; i++)
        seen |= (unsigned char)text[i];
    return !(seen & 0x8080808080808080U);
}

static uint32_t compile_options(unsigned flags)
{
    uint32_t options = PCRE2_UTF;

    if (flags & MATCH_ICASE)
        options |= PCRE2_CASELESS;
    if (flags & MATCH_LITERAL)
        return options | PCRE2_LITERAL;
    return options | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
}

/* Without UCP \w, \b, \d and \s know ASCII only, which is all there is in such a text. */
static void compile_ascii(struct matcher *m, const char *pattern, unsigned flags)
{
    PCRE2_SIZE offset;
    int code;

    if (flags & MATCH_LITERAL)
        return;
    m->ascii = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                             compile_options(flags) & ~(uint32_t)PCRE2_UCP, &code, &offset, NULL);
    if (m->ascii && !atomic_load(&jit_off))
        (void)pcre2_jit_compile(m->ascii, PCRE2_JIT_COMPLETE);
}

int matcher_compile(struct matcher **out, const char *pattern, unsigned flags, struct err *err)
{
    struct matcher *m;
    PCRE2_UCHAR reason[REASON_BYTES];
    PCRE2_SIZE offset;
    int code;

    *out = NULL;
    m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, -ENOMEM, "out of memory");
    m->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, compile_options(flags), &code,
                            &offset, NULL);
    if (!m->code) {
        free(m);
        if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED)
            return err_set(err, -ENOMEM, "out of memory");
        if (pcre2_get_error_message(code, reason, sizeof reason) < 0)
            reason[0] = '\0';
        return err_set(err, X_E_INVALID, "offset %zu: %s", (size_t)offset, (const char *)reason);
    }
    if (!atomic_load(&jit_off))
        (void)pcre2_jit_compile(m->code, PCRE2_JIT_COMPLETE);
    compile_ascii(m, pattern, flags);
    *out = m;
    return 0;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    pcre2_code_free(m->ascii);
    pcre2_code_free(m->code);
    free(m);
}

struct match_scratch *match_scratch_new(void)
{
    struct match_scratch *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->data = pcre2_match_data_create(MATCH_GROUPS_MAX + 1, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
    if (!s->data || !s->context) {
        match_scratch_free(s);
        return NULL;
    }
    (void)pcre2_set_match_limit(s->context, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
    /* NULL (a PCRE2 without JIT has no such stack) leaves PCRE2's own 32 KiB */
    pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void match_scratch_free(struct match_scratch *s)
{
    if (!s)
        return;
    pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->context);
    pcre2_match_data_free(s->data);
    free(s);
}

static int outcome_of(int code)
{
    if (code == PCRE2_ERROR_NOMATCH || code == PCRE2_ERROR_PARTIAL)
        return X_E_NOT_FOUND;
    if (code == PCRE2_ERROR_NOMEMORY)
        return -ENOMEM;
    if (code == PCRE2_ERROR_BADUTFOFFSET || code == PCRE2_ERROR_BADOFFSET ||
        (code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21))
        return X_E_INVALID;
    return X_E_LIMIT; /* match, depth, heap, JIT stack, recursion; and whatever else: fail closed */
}

static bool continues(const struct match_scratch *s, const struct matcher *m, const char *text, size_t len,
                      size_t from)
{
    return from > 0 && s->scanning == m && s->text == text && s->len == len && from >= s->reached &&
           (from >= len || ((unsigned char)text[from] & 0xC0U) != 0x80U);
}

static void fill(struct match_span *span, const PCRE2_SIZE *at, size_t pairs)
{
    span->from = at[0];
    span->to = at[1];
    for (size_t i = 0; i < MATCH_GROUPS_MAX; i++) {
        bool set = i + 1 < pairs && at[2 * i + 2] != PCRE2_UNSET;

        span->group_from[i] = set ? at[2 * i + 2] : SIZE_MAX;
        span->group_to[i] = set ? at[2 * i + 3] : SIZE_MAX;
    }
}

int matcher_find(const struct matcher *m, struct match_scratch *s, const char *text, size_t len, size_t from,
                 struct match_span *span)
{
    bool plain = is_ascii(text, len);
    uint32_t options = plain || continues(s, m, text, len, from) ? PCRE2_NO_UTF_CHECK : 0;
    const PCRE2_SIZE *at;
    int code;

    s->scanning = NULL;
    if (from > len)
        return X_E_NOT_FOUND;
    code = pcre2_match(plain && m->ascii ? m->ascii : m->code, (PCRE2_SPTR)(text ? text : ""), len, from,
                       options, s->data, s->context);
    if (code < 0)
        return outcome_of(code);
    at = pcre2_get_ovector_pointer(s->data);
    if (at[0] > at[1] || at[0] < from) /* \K in a lookaround: the span would run backwards */
        return X_E_LIMIT;
    fill(span, at, code == 0 ? MATCH_GROUPS_MAX + 1 : (size_t)code);
    *s = (struct match_scratch){ s->data, s->context, s->stack, m, text, len, span->to };
    return 0;
}

bool match_jit_available(void)
{
    struct matcher *m;
    bool ready = false;
    size_t bytes = 0;

    if (matcher_compile(&m, "a+", 0, NULL) == 0) {
        ready = pcre2_pattern_info(m->code, PCRE2_INFO_JITSIZE, &bytes) == 0 && bytes > 0;
        matcher_free(m);
    }
    return ready;
}
