/* SPDX-License-Identifier: Apache-2.0
 *
 * Words and phrases as signs of what a message wants. Pure; any thread. The words are in lexicon.txt, which
 * uses the names below; a word may be a sign of several things.
 */
#ifndef PIPELINE_LEXICON_H
#define PIPELINE_LEXICON_H

#include <parley/base.h>

#define LEXICON_SIGNS(X)                                                                                     \
    /* for the complexity score */                                                                           \
    X(question)                                                                                              \
    X(negation)                                                                                              \
    X(function)                                                                                              \
    X(condition)                                                                                             \
    X(comparison)                                                                                            \
    X(quantity)                                                                                              \
    X(person)                                                                                                \
    X(why)                                                                                                   \
    X(how)                                                                                                   \
    X(which)                                                                                                 \
    X(how_many)                                                                                              \
    X(hello)  /* greeting, thanks, one-word reply */                                                         \
    X(task)   /* asks for an analysis, a design, a proof */                                                  \
    X(work)   /* asks for some work: explain, write, how do I */                                             \
    X(code)   /* is about programming */                                                                     \
    X(follow) /* what a follow-up begins with */                                                             \
    /* for needs_live, when: */                                                                              \
    X(now)                                                                                                   \
    X(today)                                                                                                 \
    X(recent)                                                                                                \
    X(near) /* tomorrow, yesterday, next */                                                                  \
    X(newest)                                                                                                \
    X(past)                                                                                                  \
    /* about what: */                                                                                        \
    X(asset) /* has a price, and much else to be asked about */                                              \
    X(market)                                                                                                \
    X(price)                                                                                                 \
    X(weather)                                                                                               \
    X(sport)                                                                                                 \
    X(travel)                                                                                                \
    X(service) /* that may be down */                                                                        \
    X(open)                                                                                                  \
    X(release)                                                                                               \
    X(office) /* that somebody holds for a while */                                                          \
    X(event)                                                                                                 \
    X(stat)                                                                                                  \
    X(clock)                                                                                                 \
    X(live) /* a phrase that asks for live data by itself */                                                 \
    /* in what frame: */                                                                                     \
    X(is)      /* begins a question of yes or no */                                                          \
    X(happens) /* whether it has happened or will */                                                         \
    X(when)                                                                                                  \
    X(who)                                                                                                   \
    X(much)                                                                                                  \
    X(what)                                                                                                  \
    X(explain)                                                                                               \
    X(define)                                                                                                \
    X(make) /* asks for a text */                                                                            \
    X(suppose)                                                                                               \
    X(program)

#define LEXICON_ENUM(name) LEX_##name,
enum lexicon_sign { LEXICON_SIGNS(LEXICON_ENUM) LEX_COUNT };
#define LEXICON_BIT(name) (UINT64_C(1) << LEX_##name)

/* The signs of every entry that stands at text[0], as LEXICON_BITs. `text` is NUL-terminated, utf_plain, one
 * blank between words. `inside`: text[0] is not the first character of its word. */
uint64_t lexicon_signs(const char *text, bool inside);
/* In scripts without blanks, and where articles and prepositions are written together with the word, an entry
 * may begin anywhere inside a word. */
bool lexicon_looks_inside(uint32_t cp);
/* 0, or the line of lexicon.txt that is not as it should be. */
size_t lexicon_mistake(void);

#endif
