/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions: the one file that includes PCRE2. UTF mode, match limit 100,000,
 * heap and depth limits, JIT when the system allows (MemoryDenyWriteExecute does not; the
 * interpreter serves then). A matcher is immutable: any thread, each with its own scratch.
 */
#ifndef BASE_MATCH_H
#define BASE_MATCH_H

#include <parley/status.h>

#define MATCH_LIMIT      100000 /* facts: <= 1 ms per pattern without JIT on hostile input */
#define MATCH_GROUPS_MAX 8

struct matcher;
struct match_scratch;

enum match_flags { MATCH_ICASE = 1, MATCH_LITERAL = 2 };

struct match_span {
    size_t from, to;                                                 /* byte offsets of the whole match */
    size_t group_from[MATCH_GROUPS_MAX], group_to[MATCH_GROUPS_MAX]; /* [0] is group 1; SIZE_MAX = unset */
};

/* 0, or X_E_INVALID with "offset N: why". */
int matcher_compile(struct matcher **out, const char *pattern, unsigned flags, struct err *err);
void matcher_free(struct matcher *m);
struct match_scratch *match_scratch_new(void); /* one per thread; NULL out of memory */
void match_scratch_free(struct match_scratch *s);
/* Finds the next match at or after `from`. 0, X_E_NOT_FOUND, X_E_LIMIT (fail closed!), X_E_INVALID
 * (not UTF-8, or `from` inside a character), -ENOMEM. Start a scan at 0 and go on from span->to, or one
 * character further after an empty match; the text is checked once per scan and must not change meanwhile. */
int matcher_find(const struct matcher *m, struct match_scratch *s, const char *text, size_t len, size_t from,
                 struct match_span *span);
bool match_jit_available(void);
/* Tests: what is compiled from now on has no JIT code. Process-wide. */
void match_jit_enable(bool on);

#endif
