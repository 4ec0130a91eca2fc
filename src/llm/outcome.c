/* SPDX-License-Identifier: Apache-2.0
 *
 * The retry table as data. Unknown codes fall back to the status; an unknown error inside
 * a 200 stream counts as transient, because providers report overload that way.
 * Limits: of the HTTP date forms only IMF-fixdate is read (the obsolete two give -1).
 */
#include "llm/outcome.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CODE_MAX 48

struct word {
    const char *text;
    enum llm_end end;
};

static const struct word words[] = {
    { "insufficient_quota", LLM_MONEY },
    { "credit_balance_exhausted", LLM_MONEY },
    { "organization_usage_limit_exceeded", LLM_MONEY },
    { "enforced_spend_limit_reached", LLM_MONEY },
    { "billing_hard_limit_reached", LLM_MONEY },
    { "billing_not_active", LLM_MONEY },
    { "rate_limit_exceeded", LLM_RATE },
    { "rate_limit_error", LLM_RATE },
    { "slow_down", LLM_RATE },
    { "RESOURCE_EXHAUSTED", LLM_RATE },
    { "invalid_api_key", LLM_KEY },
    { "authentication_error", LLM_KEY },
    { "permission_error", LLM_KEY },
    { "context_length_exceeded", LLM_TOO_LONG },
    { "string_above_max_length", LLM_TOO_LONG },
    { "content_filter", LLM_REFUSED },
    { "content_policy_violation", LLM_REFUSED },
    { "server_error", LLM_TRANSIENT },
    { "server_is_overloaded", LLM_TRANSIENT },
    { "overloaded_error", LLM_TRANSIENT },
    { "UNAVAILABLE", LLM_TRANSIENT },
    { "model_not_found", LLM_BAD_REQUEST },
    { "invalid_request_error", LLM_BAD_REQUEST },
    /* Anthropic */
    { "api_error", LLM_TRANSIENT },
    { "timeout_error", LLM_TRANSIENT },
    { "billing_error", LLM_MONEY },
    { "not_found_error", LLM_BAD_REQUEST },
    { "request_too_large", LLM_TOO_LONG },
    /* google.rpc.Code */
    { "INTERNAL", LLM_TRANSIENT },
    { "DEADLINE_EXCEEDED", LLM_TRANSIENT },
    { "UNAUTHENTICATED", LLM_KEY },
    { "PERMISSION_DENIED", LLM_KEY },
    { "FAILED_PRECONDITION", LLM_MONEY }, /* no free tier here: billing is to be enabled */
    { "NOT_FOUND", LLM_BAD_REQUEST },
    { "INVALID_ARGUMENT", LLM_BAD_REQUEST },
};

/* What some say in the message alone, under a code that means anything. */
static const struct word phrases[] = {
    { "context length", LLM_TOO_LONG },         { "context window", LLM_TOO_LONG },
    { "maximum context", LLM_TOO_LONG },        { "too many tokens", LLM_TOO_LONG },
    { "prompt is too long", LLM_TOO_LONG },     { "exceeds the maximum number of tokens", LLM_TOO_LONG },
    { "API key not valid", LLM_KEY },           { "API key expired", LLM_KEY },
    { "credit balance is too low", LLM_MONEY },
};

const cJSON *outcome_error(const cJSON *doc)
{
    if (cJSON_IsArray(doc))
        doc = doc->child;
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(doc, "error");
    return error && !cJSON_IsNull(error) && !cJSON_IsFalse(error) ? error : NULL;
}

static bool ends_with(const char *text, const char *tail)
{
    size_t n = strlen(text), m = strlen(tail);
    return n >= m && !strcmp(text + n - m, tail);
}

static const struct word *word_of(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(text, words[i].text))
            return &words[i];
    return NULL;
}

/* LLM_OK = not in the table. */
static enum llm_end word_end(const char *text)
{
    const struct word *w = word_of(text);
    if (w)
        return w->end;
    return ends_with(text, "_spend_limit_exceeded") ? LLM_MONEY : LLM_OK;
}

static enum llm_end message_end(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
        if (strcasestr(text, phrases[i].text))
            return phrases[i].end;
    return LLM_OK;
}

static enum llm_end error_end(const cJSON *error)
{
    const char *message = cJSON_IsString(error) ? error->valuestring : json_text(error, "message", "");
    enum llm_end end = word_end(json_text(error, "code", ""));
    if (end == LLM_OK)
        end = message_end(message);
    if (end == LLM_OK)
        end = word_end(json_text(error, "type", ""));
    return end == LLM_OK ? word_end(json_text(error, "status", "")) : end;
}

/* What the status says whatever the body claims; LLM_OK = let the body speak. */
static enum llm_end status_end(int status, enum llm_end body)
{
    if (status >= 500)
        return LLM_TRANSIENT;
    switch (status) {
    case 401:
    case 403:
        return body == LLM_REFUSED ? LLM_REFUSED : LLM_KEY;
    case 402:
        return LLM_MONEY;
    case 408:
    case 409:
    case 425:
        return LLM_TRANSIENT;
    case 413:
        return LLM_TOO_LONG;
    case 429:
        return body == LLM_MONEY ? LLM_MONEY : LLM_RATE;
    default:
        return LLM_OK;
    }
}

enum llm_end outcome_end(int status, const cJSON *error)
{
    enum llm_end body = error_end(error);
    enum llm_end end = status_end(status, body);
    if (end == LLM_OK)
        end = body;
    if (end == LLM_OK && status / 100 == 2)
        end = status_end((int)json_number(error, "code", 0), body);
    if (end == LLM_OK)
        end = status / 100 == 2 ? LLM_TRANSIENT : LLM_BAD_REQUEST;
    return end;
}

static bool identifier(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return n >= 3 && n <= CODE_MAX && !text[n];
}

static bool quoted_from(const char *text, const char *key, const struct llm_request *req)
{
    if (strcasestr(key, text) || (key[0] && strcasestr(text, key)))
        return true;
    for (size_t i = 0; i < req->messages; i++)
        if (strcasestr(req->message[i].text, text))
            return true;
    return req->question && strcasestr(req->question, text);
}

void outcome_detail(char out[160], int status, const cJSON *error, const char *key,
                    const struct llm_request *req)
{
    const char *field[] = { "code", "type", "status" };
    const char *shown = NULL;
    for (size_t i = 0; i < ARRAY_LEN(field) && !shown; i++) {
        const char *text = json_text(error, field[i], "");
        if (word_of(text) || (identifier(text) && !quoted_from(text, key, req)))
            shown = text;
    }
    if (status == 200)
        snprintf(out, 160, "error in the stream %.*s", CODE_MAX, shown ? shown : "without a code");
    else
        snprintf(out, 160, "HTTP %d %.*s", status, CODE_MAX, shown ? shown : "without a code");
}

static int month_of(const char *name)
{
    static const char *const month[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    for (int i = 0; i < 12; i++)
        if (!strcmp(name, month[i]))
            return i;
    return -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; not strptime, whose month names follow the locale. */
static bool http_date_ms(const char *text, int64_t *out)
{
    struct tm tm = { 0 };
    char month[4], zone[4];
    int n = sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %3[A-Z]", &tm.tm_mday, month,
                   &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, zone);
    if (n != 7 || strcmp(zone, "GMT") || tm.tm_year < 1970 || tm.tm_hour > 23 || tm.tm_min > 59)
        return false;
    tm.tm_mon = month_of(month);
    tm.tm_year -= 1900;
    if (tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_mday > 31)
        return false;
    *out = (int64_t)timegm(&tm) * 1000;
    return true;
}

static bool decimal(const char *text, double *out)
{
    char *end;
    if (!text || text[0] < '0' || text[0] > '9')
        return false;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

static int64_t retry_clamp(double ms)
{
    if (ms < 0)
        return 0;
    return ms > OUTCOME_RETRY_MAX_MS ? OUTCOME_RETRY_MAX_MS : (int64_t)ms;
}

int64_t outcome_retry_after(const char *after_ms, const char *after, int64_t now_wall_ms)
{
    double n;
    int64_t at;
    if (decimal(after_ms, &n))
        return retry_clamp(n);
    if (decimal(after, &n))
        return retry_clamp(n * 1000);
    if (after && http_date_ms(after, &at))
        return retry_clamp((double)(at - now_wall_ms));
    return -1;
}

/* "37s", "1.5s": protobuf's JSON form of a duration. */
static int64_t duration_ms(const char *text)
{
    char digits[24];
    double n;
    size_t len = strlen(text);
    if (len < 2 || len > sizeof digits || text[len - 1] != 's')
        return -1;
    memcpy(digits, text, len - 1);
    digits[len - 1] = '\0';
    return decimal(digits, &n) ? retry_clamp(n * 1000) : -1;
}

int64_t outcome_retry_info(const cJSON *error)
{
    const cJSON *at, *details = cJSON_GetObjectItemCaseSensitive(error, "details");
    if (!cJSON_IsArray(details))
        return -1;
    cJSON_ArrayForEach(at, details)
    {
        const char *delay = json_text(at, "retryDelay", "");
        if (*delay)
            return duration_ms(delay);
    }
    return -1;
}
