/* SPDX-License-Identifier: Apache-2.0
 *
 * features: two passes. The first walks the characters, counts what stands between words, and writes the
 * words in lower case with one blank between them; the second looks each of them up in the lexicon. Nothing
 * here knows the form of a test question; an option list is lines like any others. Counts go in as
 * ln(1 + n), so that a pasted book does not drown everything else.
 */
#include "pipeline/features.h"

#include <math.h>
#include <string.h>

#include "base/utf.h"
#include "pipeline/lexicon.h"
#include "pipeline/live.h"

#define LONG_WORD      9
#define VERY_LONG_WORD 13
#define SHORT_WORD     3
#define BIG_NUMBER     3 /* digits */
#define DAMPING_WORDS  20
#define DISTINCT_BITS  8192 /* of the set that counts distinct words; two in one bit count once */
#define LIVE_WINDOW    240  /* bytes at either end of a text in which words are signs of a live question */
#define FIRST_WORDS    3
#define YEARS_AHEAD    20 /* "2077" is a film */
#define OLDEST_YEAR    1000

struct reading {
    struct features *f;
    char words[FEATURES_BYTES_MAX + 8]; /* lower case, one blank behind each */
    size_t words_len;
    uint64_t seen[DISTINCT_BITS / 64];
    size_t distinct;

    /* characters */
    size_t chars, letters, upper, rare, digits, symbols, wide, quotes, commas, math, percents, blanks,
        decimals, bars, slashes, sentences;

    /* lines; full ones have words */
    size_t lines, full_lines, number_lines, first_line;
    size_t line_chars, line_words, line_numbers;
    uint32_t line_end; /* its last character that is no blank */
    double line_squares;
    bool first_line_asks;
    size_t sentence_words, longest_sentence;

    /* the word being read */
    size_t from, word_chars, word_letters, word_upper;
    bool capital;

    /* words */
    size_t word_chars_sum, very_long, shorts, big_numbers, capitals, acronyms, alpha_words;
    size_t sign[LEX_COUNT]; /* words with that sign */
    uint64_t signs;         /* of any word */
    struct live_signs live; /* of the words at either end */
};

static double log1(size_t n)
{
    return log1p((double)n);
}

static double share(size_t n, size_t of)
{
    return of ? (double)n / (double)of : 0;
}

/* Of words, as if there were some more without the sign: in a short text one word proves little. */
static double damped_share(size_t n, size_t words)
{
    return (double)n / (double)(words + DAMPING_WORDS);
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

static void end_word(struct reading *r)
{
    size_t n = r->word_chars;
    if (n == 0)
        return;
    bool number = r->words[r->from] >= '0' && r->words[r->from] <= '9';
    r->f->words++;
    r->sentence_words++;
    r->line_words++;
    r->line_numbers += number;
    r->word_chars_sum += n;
    r->f->long_words += n >= LONG_WORD;
    r->very_long += n >= VERY_LONG_WORD;
    r->shorts += n <= SHORT_WORD;
    r->f->numbers += number;
    r->big_numbers += number && n >= BIG_NUMBER;
    r->alpha_words += r->word_letters > 0;
    r->capitals += r->capital;
    r->live.named |= r->capital && n > 1 && r->f->words > 1;
    r->acronyms += r->word_letters > 1 && r->word_upper == r->word_letters;
    r->words[r->words_len++] = ' ';
    r->word_chars = r->word_letters = r->word_upper = 0;
}

static void add_to_word(struct reading *r, uint32_t cp)
{
    uint32_t low = utf_lower(cp);
    bool upper = low != cp;
    if (r->word_chars == 0) {
        r->from = r->words_len;
        r->capital = upper;
    }
    r->word_chars++;
    r->digits += is_digit(cp);
    r->upper += upper;
    if (!is_digit(cp)) {
        r->word_letters++;
        r->word_upper += upper;
        r->letters++;
        r->rare += low < 128 && strchr("jkqxz", (int)low) != NULL;
        r->wide += utf_is_wide(cp);
    }
    r->words_len += utf8_put(r->words + r->words_len, low < 128 ? low : utf_plain(low));
}

static void end_sentence(struct reading *r)
{
    if (r->sentence_words > r->longest_sentence)
        r->longest_sentence = r->sentence_words;
    r->sentence_words = 0;
}

static void end_line(struct reading *r)
{
    if (r->lines++ == 0) {
        r->first_line = r->line_chars;
        r->first_line_asks = r->line_end == '?' || r->line_end == 0xFF1F;
    }
    r->full_lines += r->line_words > 0;
    /* half of its words are numbers, not counting one: the mark of a list */
    r->number_lines += r->line_words && 2 * r->line_numbers + 1 >= r->line_words;
    r->line_squares += (double)r->line_chars * (double)r->line_chars;
    r->line_chars = r->line_words = r->line_numbers = r->line_end = 0;
}

static void count_ascii(struct reading *r, char c)
{
    switch (c) {
    case '+':
    case '=':
    case '<':
    case '>':
    case '^':
    case '*':
        r->math++;
        break;
    case '/':
        r->math++;
        r->slashes++;
        break;
    case '|':
        r->bars++;
        break;
    case '%':
        r->percents++;
        break;
    case '_':
        r->blanks++;
        break;
    case '{':
    case '}':
    case ';':
    case '`':
    case '[':
    case ']':
        r->f->code_marks++;
        break;
    case '"':
    case '\'':
        r->quotes++;
        break;
    case ',':
        r->commas++;
        break;
    case '?':
        r->f->question_marks++;
        break;
    default:
        break;
    }
}

/* The character between or behind words; `next` is the byte after it, 0 at the end. */
static void add_mark(struct reading *r, uint32_t cp, char next)
{
    bool wide_end = cp == 0x3002 || cp == 0xFF1F || cp == 0xFF01;
    bool end = cp == '.' || cp == '?' || cp == '!';
    bool decimal = (cp == '.' || cp == ',') && r->word_chars && is_digit((unsigned char)next) &&
                   is_digit((unsigned char)r->words[r->words_len - 1]);
    end_word(r);
    r->decimals += decimal;
    if (cp < 128)
        count_ascii(r, (char)cp);
    r->live.pasted |= cp == '"' || cp == 0xAB || cp == 0x201C || cp == 0x300C || (cp == ':' && next == ' ');
    r->f->question_marks += cp == 0xFF1F;
    r->symbols += cp > 127;
    if (wide_end || (end && (next == '\0' || next == ' ' || next == '\n' || next == '\r' || next == '\t'))) {
        r->sentences++;
        end_sentence(r);
    }
    if (cp == '\n')
        end_line(r);
}

static void read_chars(struct reading *r, const char *text, size_t len)
{
    size_t most = len < FEATURES_BYTES_MAX ? len : FEATURES_BYTES_MAX, pos = 0;
    while (pos < most && r->words_len < FEATURES_BYTES_MAX) {
        uint32_t cp = utf8_next(text, len, &pos);
        r->chars++;
        r->line_chars += cp != '\n';
        if (!utf_is_space(cp))
            r->line_end = cp;
        if (utf_is_word(cp))
            add_to_word(r, cp);
        else
            add_mark(r, cp, pos < len ? text[pos] : '\0');
    }
    end_word(r);
    end_sentence(r);
    end_line(r);
    r->words[r->words_len ? r->words_len - 1 : 0] = '\0';
}

static void count_distinct(struct reading *r, const char *word, size_t len)
{
    uint32_t h = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)word[i]) * 16777619U;
    uint32_t bit = (h ^ h >> 15) % DISTINCT_BITS;
    uint64_t mask = UINT64_C(1) << (bit % 64);
    r->distinct += !(r->seen[bit / 64] & mask);
    r->seen[bit / 64] |= mask;
}

/* Four digits, and behind them the end of the word or a script that writes on (2027年). 0 = none. */
static int year_of(const char *word, size_t len)
{
    int n = 0;
    if (len < 4 || (len > 4 && (unsigned char)word[4] < 0x80))
        return 0;
    for (size_t i = 0; i < 4; i++) {
        if (!is_digit((unsigned char)word[i]))
            return 0;
        n = n * 10 + (word[i] - '0');
    }
    return n;
}

static void count_signs(struct reading *r, uint64_t signs)
{
    r->signs |= signs;
    r->f->known += signs != 0;
    for (uint64_t rest = signs; rest; rest &= rest - 1)
        r->sign[__builtin_ctzll(rest)]++;
}

/* Of entries that begin inside the word. */
static uint64_t signs_inside(const char *word, size_t len)
{
    uint64_t signs = 0;
    for (size_t pos = 0; pos < len;) {
        size_t from = pos;
        uint32_t cp = utf8_next(word, len, &pos);
        bool near_end = from < LIVE_WINDOW || from + LIVE_WINDOW > len;
        if (from && near_end && lexicon_looks_inside(cp))
            signs |= lexicon_signs(word + from, true);
    }
    return signs;
}

static void read_live(struct reading *r, const char *word, size_t len, uint64_t signs, int year)
{
    int n = year_of(word, len);
    if ((unsigned char)word[len - 1] >= 0x80)
        signs |= signs_inside(word, len);
    r->live.any |= signs;
    r->live.going |= len > 4 && memcmp(word + len - 3, "ing", 3) == 0;
    if (r->live.words == 0)
        r->live.opening = signs;
    if (r->live.words++ < FIRST_WORDS)
        r->live.first |= signs;
    r->live.this_year = r->live.this_year || (n >= year && n <= year + YEARS_AHEAD);
    r->live.past_year = r->live.past_year || (n >= OLDEST_YEAR && n < year);
}

static void read_words(struct reading *r, int year)
{
    for (size_t at = 0; at < r->words_len && r->words[at];) {
        const char *word = r->words + at;
        size_t len = strcspn(word, " ");
        uint64_t signs = lexicon_signs(word, false);
        if (at == 0)
            r->f->follows = signs & LEXICON_BIT(follow);
        count_distinct(r, word, len);
        count_signs(r, signs);
        if (at < LIVE_WINDOW || at + LIVE_WINDOW > r->words_len)
            read_live(r, word, len, signs, year);
        at += len + 1;
    }
}

static void set_lengths(struct reading *r, size_t chars)
{
    double *at = r->f->at;
    size_t words = r->f->words;
    double log_chars = log1(chars);
    at[ROUTING_log_chars] = log_chars;
    at[ROUTING_log_chars_squared] = log_chars * log_chars / 8;
    at[ROUTING_log_words] = log1(words);
    at[ROUTING_kilochars] = (double)(chars < 4000 ? chars : 4000) / 1000;
    at[ROUTING_log_sentences] = log1(r->sentences);
    at[ROUTING_log_sentence_words] = log1p((double)words / (double)(r->sentences ? r->sentences : 1));
    at[ROUTING_log_longest_sentence] = log1(r->longest_sentence);
}

/* Of the lines: how many, how long, how much alike. */
static void set_lines(struct reading *r)
{
    double *at = r->f->at;
    double lines = (double)r->lines, mean = (double)r->chars / lines;
    double spread = r->line_squares / lines - mean * mean;
    at[ROUTING_log_lines] = log1(r->lines - 1);
    at[ROUTING_log_first_line] = log1(r->first_line);
    at[ROUTING_log_line_chars] = log1p(mean);
    at[ROUTING_log_line_spread] = log1p(spread > 0 ? sqrt(spread) : 0);
    at[ROUTING_number_line_share] = share(r->number_lines, r->full_lines);
    at[ROUTING_first_line_asks] = r->first_line_asks ? 1 : 0;
}

static void set_words(struct reading *r)
{
    struct features *f = r->f;
    double *at = f->at;
    size_t words = f->words;
    at[ROUTING_word_length] = share(r->word_chars_sum, words);
    at[ROUTING_log_long_words] = log1(f->long_words);
    at[ROUTING_long_word_share] = damped_share(f->long_words, words);
    at[ROUTING_log_very_long_words] = log1(r->very_long);
    at[ROUTING_short_word_share] = share(r->shorts, words);
    at[ROUTING_type_token] = share(r->distinct, words);
    at[ROUTING_type_root_token] = words ? (double)r->distinct / sqrt((double)words) : 0;
    at[ROUTING_capital_share] = damped_share(r->capitals, r->alpha_words);
    at[ROUTING_acronym_share] = damped_share(r->acronyms, r->alpha_words);
    at[ROUTING_log_numbers] = log1(f->numbers);
    at[ROUTING_number_share] = damped_share(f->numbers, words);
    at[ROUTING_log_big_numbers] = log1(r->big_numbers);
}

static void set_marks(struct reading *r)
{
    double *at = r->f->at;
    at[ROUTING_log_decimals] = log1(r->decimals);
    at[ROUTING_log_math_marks] = log1(r->math + r->percents);
    at[ROUTING_log_blanks] = log1(r->blanks);
    at[ROUTING_log_code_marks] = log1(r->f->code_marks);
    at[ROUTING_log_bars] = log1(r->bars);
    at[ROUTING_log_slashes] = log1(r->slashes);
    at[ROUTING_log_quotes] = log1(r->quotes);
    at[ROUTING_log_question_marks] = log1(r->f->question_marks);
    at[ROUTING_log_commas] = log1(r->commas);
    at[ROUTING_comma_share] = damped_share(r->commas, r->f->words);
    at[ROUTING_symbol_share] = share(r->symbols, r->chars);
    at[ROUTING_rare_letter_share] = share(r->rare, r->letters);
    at[ROUTING_upper_share] = share(r->upper, r->chars);
    at[ROUTING_digit_share] = share(r->digits, r->chars);
}

static double word_share(const struct reading *r, enum lexicon_sign sign)
{
    return damped_share(r->sign[sign], r->f->words);
}

static void set_signs(struct reading *r)
{
    double *at = r->f->at;
    at[ROUTING_question_word_share] = word_share(r, LEX_question);
    at[ROUTING_negation_share] = word_share(r, LEX_negation);
    at[ROUTING_function_word_share] = word_share(r, LEX_function);
    at[ROUTING_condition_share] = word_share(r, LEX_condition);
    at[ROUTING_comparison_share] = word_share(r, LEX_comparison);
    at[ROUTING_quantity_share] = word_share(r, LEX_quantity);
    at[ROUTING_person_share] = word_share(r, LEX_person);
    at[ROUTING_has_why] = r->signs & LEXICON_BIT(why) ? 1 : 0;
    at[ROUTING_has_how] = r->signs & LEXICON_BIT(how) ? 1 : 0;
    at[ROUTING_has_which] = r->signs & LEXICON_BIT(which) ? 1 : 0;
    at[ROUTING_has_how_many] = r->signs & LEXICON_BIT(how_many) ? 1 : 0;
}

void features_of(struct features *f, const char *text, size_t len, int year)
{
    struct reading r;
    memset(&r, 0, offsetof(struct reading, words));
    memset(&r.words_len, 0, sizeof r - offsetof(struct reading, words_len));
    memset(f, 0, sizeof *f);
    r.f = f;
    r.words[0] = '\0';
    read_chars(&r, text, len);
    read_words(&r, year);
    set_lengths(&r, len > FEATURES_BYTES_MAX ? utf8_count(text, len) : r.chars);
    set_lines(&r);
    set_words(&r);
    set_marks(&r);
    set_signs(&r);
    r.live.pasted = r.live.pasted || r.lines > 1;
    r.live.numbers = f->numbers;
    live_features(f->live_at, &r.live);
    f->wide = r.wide * 2 > r.letters;
    f->tasks = r.sign[LEX_task];
    f->works = r.sign[LEX_work];
    f->codes = r.sign[LEX_code];
    f->hellos = r.sign[LEX_hello];
}
