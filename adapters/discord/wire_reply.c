/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer means. Only Discord's own object ({"code":..,"message":..}) decides about a channel or the
 * token: proxies and the firewall in front of Discord say 401, 403 and 404 too, and must silence nothing. A
 * 429 that is not Discord's is the firewall's, which has had enough of this address: everything waits.
 */
#include "adapters/discord/wire_rest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define FIREWALL_WAIT_MS 60000 /* when it says no time itself */
#define WORD_MAX         32    /* letters of one word in a sentence; a token is longer */

/* Discord, JSON Error Codes. */
static const struct {
    int code;
    enum dc_end end;
} code_table[] = {
    { 10003, DC_GONE },         /* unknown channel */
    { 10004, DC_GONE },         /* unknown guild */
    { 10008, DC_GONE },         /* unknown message */
    { 10015, DC_EXPIRED },      /* unknown webhook: of an interaction, its token is over */
    { 10062, DC_EXPIRED },      /* unknown interaction */
    { 50027, DC_EXPIRED },      /* invalid webhook token */
    { 40060, DC_ACKNOWLEDGED }, /* interaction already acknowledged */
    { 50001, DC_NO_ACCESS },    /* missing access */
    { 50013, DC_NO_ACCESS },    /* missing permissions */
    { 50007, DC_NO_ACCESS },    /* cannot send messages to this user */
    { 50278, DC_NO_ACCESS },    /* the same, no server in common */
    { 50083, DC_ARCHIVED },     /* thread is archived */
    { 160002, DC_NO_REPLY },    /* cannot reply without permission to read message history */
    { 200000, DC_REFUSED },     /* blocked by automatic moderation */
    { 40333, DC_REFUSED },      /* blocked by the firewall: User-Agent */
    { 30034, DC_SPENT },        /* creations of commands of a day */
    { 30046, DC_SPENT },        /* edits of an old message */
};

/* ---- headers ---- */

void dc_rate_init(struct dc_rate *r)
{
    *r = (struct dc_rate){ .limit = -1, .remaining = -1, .reset_after_ms = -1, .retry_after_ms = -1 };
}

static int64_t wait_of(double seconds)
{
    if (!(seconds >= 0))
        return -1;
    return seconds * 1000 < (double)DC_WAIT_MAX_MS ? (int64_t)ceil(seconds * 1000) : DC_WAIT_MAX_MS;
}

/* "1", "0.123"; rounded up. -1 = no such number. */
static int64_t wait_read(struct str value)
{
    struct str rest = value, whole;
    int64_t seconds, fraction = 0;
    size_t digits;

    if (!str_cut(&rest, '.', &whole) || !str_int(whole, 0, DC_WAIT_MAX_MS / 1000, &seconds))
        return -1;
    if (!rest.at)
        return seconds * 1000;
    digits = rest.len < 9 ? rest.len : 9;
    if (!str_int((struct str){ rest.at, digits }, 0, 999999999, &fraction))
        return -1;
    return wait_of((double)seconds + (double)fraction / pow(10, (double)digits));
}

static int count_read(struct str value)
{
    int64_t n;

    return str_int(value, 0, 1000000, &n) ? (int)n : -1;
}

static enum dc_scope scope_read(struct str value)
{
    if (str_eqs(value, "user"))
        return DC_SCOPE_USER;
    if (str_eqs(value, "global"))
        return DC_SCOPE_GLOBAL;
    return str_eqs(value, "shared") ? DC_SCOPE_SHARED : DC_SCOPE_NONE;
}

static void bucket_read(struct dc_rate *r, struct str value)
{
    if (value.len == 0 || value.len >= sizeof r->bucket || memchr(value.at, '\0', value.len))
        return;
    memcpy(r->bucket, value.at, value.len);
    r->bucket[value.len] = '\0';
}

void dc_rate_header(struct dc_rate *r, struct str name, struct str value)
{
    value = str_trim(value);
    if (str_ieqs(name, "x-ratelimit-bucket"))
        bucket_read(r, value);
    else if (str_ieqs(name, "x-ratelimit-limit"))
        r->limit = count_read(value);
    else if (str_ieqs(name, "x-ratelimit-remaining"))
        r->remaining = count_read(value);
    else if (str_ieqs(name, "x-ratelimit-reset-after"))
        r->reset_after_ms = wait_read(value);
    else if (str_ieqs(name, "retry-after"))
        r->retry_after_ms = wait_read(value);
    else if (str_ieqs(name, "x-ratelimit-global"))
        r->global = str_ieqs(value, "true");
    else if (str_ieqs(name, "x-ratelimit-scope"))
        r->scope = scope_read(value);
}

/* ---- a sentence for the operator ---- */

/* Discord's sentences are ASCII; what they repeat of a call stands in quotes, and a long word may be a token.
 */
static void keep_sentence(char *out, size_t max, const char *message)
{
    size_t n = strlen(out);

    for (const char *p = message; n + 1 < max && *p >= ' ' && *p < 0x7F && *p != '"'; p++) {
        bool begins = p == message || p[-1] == ' ';

        if (strncmp(p, "://", 3) == 0 || (begins && strcspn(p, " ") > WORD_MAX))
            break;
        out[n++] = *p;
    }
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

/* Words of the form that Discord's own names have; a value of ours is none. */
static bool is_name(const char *text, bool upper)
{
    const char *letters = upper ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ_" : "abcdefghijklmnopqrstuvwxyz_0123456789";
    size_t n = strspn(text, letters);

    return n > 0 && n <= 48 && text[n] == '\0';
}

/* The first fault of a form: " (embeds.0.title: BASE_TYPE_MAX_LENGTH)". */
static void keep_fault(char *out, size_t max, const cJSON *errors)
{
    char path[64] = "";
    const cJSON *at = errors ? errors->child : NULL;

    for (int depth = 0; at && depth < 8; depth++) {
        const char *code = json_text(cJSON_IsArray(at) ? at->child : NULL, "code", "");
        size_t n = strlen(path), end = strlen(out);

        if (is_name(code, true)) {
            snprintf(out + end, max - end, " (%s%s%s)", path, n ? ": " : "", code);
            return;
        }
        if (!at->string || !is_name(at->string, false))
            return;
        snprintf(path + n, sizeof path - n, "%s%s", n ? "." : "", at->string);
        at = at->child;
    }
}

/* ---- outcomes ---- */

static enum dc_end end_of(int status, int code)
{
    for (size_t i = 0; i < ARRAY_LEN(code_table); i++)
        if (code_table[i].code == code)
            return code_table[i].end;
    switch (status) {
    case 401:
        return DC_UNAUTHORIZED;
    case 403:
        return DC_NO_ACCESS;
    case 404: /* without a code it is the path that is unknown */
        return code ? DC_GONE : DC_BAD;
    default:
        return status >= 400 && status < 500 ? DC_BAD : DC_RETRY;
    }
}

static int64_t within(int64_t ms)
{
    return ms < 1 ? 1 : ms > DC_WAIT_MAX_MS ? DC_WAIT_MAX_MS : ms;
}

/* The body has the fraction of a second that Retry-After is rounded up from. */
static void read_limited(struct dc_reply *out, const struct dc_rate *rate, const cJSON *tree)
{
    int64_t said = wait_of(json_number(tree, "retry_after", -1));

    out->end = DC_LIMITED;
    out->scope = rate->scope;
    out->global = json_bool(tree, "global", false) || rate->global || rate->scope == DC_SCOPE_GLOBAL;
    if (said < 0)
        said = rate->retry_after_ms;
    if (said < 0)
        said = rate->reset_after_ms;
    out->retry_after_ms = within(said < 0 ? 1000 : said);
}

static void read_firewall(struct dc_reply *out, const struct dc_rate *rate)
{
    snprintf(out->detail, sizeof out->detail, "HTTP %d, and not Discord's JSON", out->status);
    if (out->status != 429)
        return;
    out->end = DC_LIMITED;
    out->scope = rate->scope;
    out->global = true;
    out->retry_after_ms = within(rate->retry_after_ms < 0 ? FIREWALL_WAIT_MS : rate->retry_after_ms);
}

static void read_error(struct dc_reply *out, const struct dc_rate *rate, const cJSON *tree)
{
    int64_t code = json_int(tree, "code");

    out->code = code > 0 && code < 1000000 ? (int)code : 0;
    snprintf(out->detail, sizeof out->detail, "HTTP %d, code %d: ", out->status, out->code);
    keep_sentence(out->detail, sizeof out->detail - 1, json_text(tree, "message", ""));
    keep_fault(out->detail, sizeof out->detail, json_object(tree, "errors"));
    if (out->status == 429)
        read_limited(out, rate, tree);
    else
        out->end = end_of(out->status, out->code);
}

/* The id of what was made: at the top, or in the answer to a callback that was asked to tell it. */
static void keep_id(struct dc_reply *out, const cJSON *tree)
{
    const char *id =
        json_text(tree, "id", json_text(json_object(tree, "interaction"), "response_message_id", ""));

    if (dc_id_ok(id))
        memcpy(out->id, id, strlen(id) + 1);
}

static bool is_done(const struct dc_reply *out)
{
    return out->status >= 200 && out->status < 300;
}

void dc_reply_read(int status, const struct dc_rate *rate, const char *json, size_t len, struct dc_reply *out)
{
    cJSON *tree = NULL;

    *out = (struct dc_reply){ .end = DC_RETRY, .status = status };
    if (status <= 0) {
        snprintf(out->detail, sizeof out->detail, "no answer");
        return;
    }
    if (is_done(out) && (len == 0 || status == 204)) {
        out->end = DC_OK;
        return;
    }
    if (json_parse(&tree, json, len, NULL) ||
        (!is_done(out) && !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(tree, "message")))) {
        read_firewall(out, rate);
    } else if (is_done(out)) {
        out->end = DC_OK;
        keep_id(out, tree);
    } else {
        read_error(out, rate, tree);
    }
    cJSON_Delete(tree);
}

/* ---- /gateway/bot ---- */

static int int_of(const cJSON *obj, const char *key, int64_t lo, int64_t hi)
{
    int64_t n = json_int(obj, key);

    return (int)(n < lo ? lo : n > hi ? hi : n);
}

int dc_gateway_bot_read(const char *json, size_t len, struct dc_gateway_bot *out, struct err *err)
{
    const cJSON *limit;
    const char *url;
    cJSON *tree = NULL;
    int rc = json_parse(&tree, json, len, err);

    *out = (struct dc_gateway_bot){ 0 };
    if (rc)
        return rc < 0 ? rc : X_E_INVALID;
    url = json_text(tree, "url", "");
    limit = json_object(tree, "session_start_limit");
    out->shards = int_of(tree, "shards", 1, 1 << 20);
    out->total = int_of(limit, "total", 0, 1 << 20);
    out->remaining = int_of(limit, "remaining", 0, 1 << 20);
    out->reset_after_ms = int_of(limit, "reset_after", 0, DC_WAIT_MAX_MS);
    out->max_concurrency = int_of(limit, "max_concurrency", 1, 1 << 10);
    if (!url[0] || strlen(url) >= sizeof out->url || !limit)
        rc = err_set(err, X_E_INVALID, "the answer to /gateway/bot has no url or no session_start_limit");
    else
        memcpy(out->url, url, strlen(url) + 1);
    cJSON_Delete(tree);
    return rc;
}
