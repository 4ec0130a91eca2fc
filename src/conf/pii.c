/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding personal data with a compiled rule. A pattern proposes, a check decides: digits that are no card by
 * Luhn's formula (ISO/IEC 7812-1, annex B), no address, no phone number stay in the text. Linear in the
 * text: a candidate that fails is skipped whole, so patterns take a run of digits as far as it goes.
 */
#include <arpa/inet.h>
#include <string.h>

#include "conf/policy.h"

#define CARD_DIGITS_MIN  12
#define CARD_DIGITS_MAX  19 /* ISO/IEC 7812-1: a primary account number */
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15 /* E.164 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool luhn_ok(const char *digit, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digit[n - 1 - i] - '0') << (i & 1);

        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* How much a Luhn-valid number looks like a card: 2 when its length is its issuer's usual one, 1 when ISO/IEC
 * 7812-1 allows it, 0 for the leading digits 0, 7 and 8, which no payment card has. */
static int card_likeness(const char *digit, size_t n)
{
    switch (digit[0]) {
    case '0':
    case '7':
    case '8':
        return 0;
    case '3':
        if (digit[1] == '4' || digit[1] == '7')
            return n == 15 ? 2 : 1;
        return n == (digit[1] == '5' ? 16U : 14U) ? 2 : 1;
    case '4':
        return n == 16 || n == 13 || n == 19 ? 2 : 1;
    case '2':
    case '5':
    case '6':
        return n == 16 ? 2 : 1;
    default:
        return 1;
    }
}

struct card {
    size_t from, to;
    int likeness;
};

/* Looks at every number that starts at `from` and ends where a group of digits ends; keeps the best. */
static void card_try(const char *text, size_t from, size_t to, struct card *best)
{
    char digit[CARD_DIGITS_MAX];
    size_t n = 0;

    for (size_t i = from; i < to; i++) {
        int like;

        if (!is_digit(text[i]))
            continue;
        if (n == CARD_DIGITS_MAX)
            return;
        digit[n++] = text[i];
        if ((i + 1 < to && is_digit(text[i + 1])) || n < CARD_DIGITS_MIN || !luhn_ok(digit, n))
            continue;
        like = card_likeness(digit, n);
        if (like > best->likeness || (like && like == best->likeness && from == best->from))
            *best = (struct card){ from, i + 1, like };
    }
}

/* A run of digit groups may hold more than the card: an order number before, a date or CVV after it. */
static bool card_ok(const char *text, size_t *from, size_t *to)
{
    struct card best = { 0, 0, 0 };

    for (size_t i = *from; i < *to && best.likeness < 2; i++)
        if (is_digit(text[i]) && (i == *from || !is_digit(text[i - 1])))
            card_try(text, i, *to, &best);
    if (!best.likeness)
        return false;
    *from = best.from;
    *to = best.to;
    return true;
}

/* "::" alone or a pair of words such as "add::bed" is code more often than an address. */
static bool ip_ok(const char *text, size_t len)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char raw[16];
    const char *zone = memchr(text, '%', len);
    size_t colons = 0, digits = 0;

    if (zone)
        len = (size_t)(zone - text);
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        colons += copy[i] == ':';
        digits += is_digit(copy[i]);
    }
    if (colons == 0)
        return inet_pton(AF_INET, copy, raw) == 1;
    return (digits > 0 || colons > 2) && inet_pton(AF_INET6, copy, raw) == 1;
}

/* All groups after the first have three digits and one and the same separator: 1.234.567 is an amount. */
static bool is_amount(const char *text, size_t len)
{
    size_t run = 0, groups = 0;
    char sep = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && is_digit(text[i])) {
            run++;
            continue;
        }
        if (run > 3 || run == 0 || (groups > 0 && run != 3))
            return false;
        if (i < len && sep && text[i] != sep)
            return false;
        sep = i < len ? text[i] : sep;
        groups++;
        run = 0;
    }
    return groups > 1 && (sep == '.' || sep == ',' || sep == '\'') && text[0] != '0';
}

/* Lengths of the digit groups are those of a date, in either order. */
static bool is_date(const char *text, size_t len)
{
    size_t run[4] = { 0 }, groups = 0;

    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i]))
            run[groups]++;
        else if (!strchr(".-/", text[i]) || ++groups == 3)
            return false;
    }
    if (groups != 2 || run[1] > 2)
        return false;
    return (run[0] == 4 && run[2] <= 2) || (run[0] <= 2 && run[2] == 4);
}

/* 7 to 15 digits, written as a person writes a phone number: with +, with a trunk 0, or in groups. */
static bool phone_ok(const char *text, size_t len)
{
    size_t digits = 0;

    for (size_t i = 0; i < len; i++)
        digits += is_digit(text[i]);
    if (digits < PHONE_DIGITS_MIN || digits > PHONE_DIGITS_MAX)
        return false;
    if (digits == len && text[0] != '0')
        return false;
    return text[0] == '+' || (!is_amount(text, len) && !is_date(text, len));
}

bool pii_check_ok(enum pii_check check, const char *text, size_t *from, size_t *to)
{
    switch (check) {
    case PII_NONE:
        return true;
    case PII_LUHN:
        return card_ok(text, from, to);
    case PII_IP:
        return ip_ok(text + *from, *to - *from);
    case PII_PHONE:
        return phone_ok(text + *from, *to - *from);
    }
    return false;
}

/* The rule's prefilter: can this text hold a match at all? */
static bool pii_needed(const char *need, const char *text, size_t len, size_t from)
{
    bool wanted[256] = { false };

    if (!need[0])
        return true;
    for (const char *p = need; *p; p++)
        wanted[(unsigned char)*p] = true;
    for (size_t i = from; i < len; i++)
        if (wanted[(unsigned char)text[i]])
            return true;
    return false;
}

int pii_rule_find(const struct pii_rule *r, struct match_scratch *s, const char *text, size_t len,
                  size_t from, struct match_span *span)
{
    if (from > len || !pii_needed(r->need, text, len, from))
        return X_E_NOT_FOUND;
    for (;;) {
        int rc = matcher_find(r->pattern, s, text, len, from, span);

        if (rc)
            return rc;
        if (span->to == span->from) /* an empty match hides nothing and would not advance */
            return X_E_LIMIT;
        from = span->to;
        if (pii_check_ok(r->check, text, &span->from, &span->to))
            return 0;
    }
}
