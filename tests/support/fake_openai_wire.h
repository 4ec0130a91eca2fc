/* SPDX-License-Identifier: Apache-2.0
 *
 * What fake_openai reads and writes: just enough JSON to refuse what is none, the last user
 * message, and answers as server-sent events in HTTP chunks. A header of static functions,
 * so that one cc command makes the program.
 */
#ifndef TESTS_SUPPORT_FAKE_OPENAI_WIRE_H
#define TESTS_SUPPORT_FAKE_OPENAI_WIRE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX   32
#define CHUNK_BEGIN "data: {\"id\":\"f\",\"object\":\"chat.completion.chunk\",\"model\":\"fake\","
#define DELTA       "\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
#define DELTA_END   "\"},\"finish_reason\":null}]"

struct bytes {
    char *at;
    size_t len, cap;
};

struct text {
    const char *at;
    size_t len;
};

static struct bytes scratch; /* reused by each event */

/* ---- bytes ---- */

static void reserve(struct bytes *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 4096;
    while (cap < b->len + more)
        cap *= 2;
    if (cap == b->cap)
        return;
    char *grown = realloc(b->at, cap);
    if (!grown)
        abort();
    b->at = grown;
    b->cap = cap;
}

static void add(struct bytes *b, const char *at, size_t len)
{
    reserve(b, len + 1);
    memcpy(b->at + b->len, at, len);
    b->len += len;
    b->at[b->len] = '\0';
}

static void adds(struct bytes *b, const char *text)
{
    add(b, text, strlen(text));
}

static void addf(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void addf(struct bytes *b, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n > 0)
        add(b, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void add_escaped(struct bytes *b, struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '"' || t.at[i] == '\\')
            add(b, "\\", 1);
        if ((unsigned char)t.at[i] < ' ')
            addf(b, "\\u%04x", t.at[i]);
        else
            add(b, t.at + i, 1);
    }
}

/* ---- JSON: just enough to refuse what is not JSON and to find the last user message ---- */

struct json {
    const char *at, *end;
    int depth;
};

static void space(struct json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
        j->at++;
}

static bool take(struct json *j, char c)
{
    space(j);
    if (j->at >= j->end || *j->at != c)
        return false;
    j->at++;
    return true;
}

/* The text between the quotes, escapes left in. */
static bool string(struct json *j, struct text *out)
{
    if (!take(j, '"'))
        return false;
    out->at = j->at;
    while (j->at < j->end && *j->at != '"') {
        if ((unsigned char)*j->at < ' ')
            return false;
        j->at += *j->at == '\\' ? 2 : 1;
    }
    if (j->at >= j->end)
        return false;
    out->len = (size_t)(j->at++ - out->at);
    return true;
}

static bool value(struct json *j);

static bool members(struct json *j, char close, bool keyed)
{
    struct text key;
    if (take(j, close))
        return true;
    do {
        if (keyed && !(string(j, &key) && take(j, ':')))
            return false;
        if (!value(j))
            return false;
    } while (take(j, ','));
    return take(j, close);
}

static bool value(struct json *j)
{
    struct text skipped;
    bool ok;
    space(j);
    if (j->at >= j->end || j->depth >= DEPTH_MAX)
        return false;
    if (*j->at == '"')
        return string(j, &skipped);
    if (*j->at == '{' || *j->at == '[') {
        bool keyed = *j->at++ == '{';
        j->depth++;
        ok = members(j, keyed ? '}' : ']', keyed);
        j->depth--;
        return ok;
    }
    size_t n = strspn(j->at, "+-.0123456789Eaeflnrstu"); /* numbers, true, false, null */
    j->at += n;
    return n > 0 && j->at <= j->end;
}

static bool is(struct text t, const char *word)
{
    return t.len == strlen(word) && !memcmp(t.at, word, t.len);
}

static bool one_message(struct json *j, struct text *last_user)
{
    struct text key, role = { "", 0 }, content = { "", 0 };
    if (!take(j, '{'))
        return false;
    do {
        if (!string(j, &key) || !take(j, ':'))
            return false;
        space(j);
        bool plain = j->at < j->end && *j->at == '"';
        if (!(plain && is(key, "role")      ? string(j, &role)
              : plain && is(key, "content") ? string(j, &content)
                                            : value(j)))
            return false;
    } while (take(j, ','));
    if (is(role, "user"))
        *last_user = content;
    return role.len && take(j, '}');
}

static bool messages(struct json *j, struct text *last_user)
{
    if (!take(j, '['))
        return false;
    do {
        if (!one_message(j, last_user))
            return false;
    } while (take(j, ','));
    return take(j, ']');
}

/* {"model":"..","messages":[..],"stream":true,...} */
static bool request(const char *body, size_t len, struct text *last_user)
{
    struct json j = { body, body + len, 0 };
    struct text key, model = { "", 0 };
    bool stream = false, listed = false, ok = take(&j, '{');
    while (ok) {
        ok = string(&j, &key) && take(&j, ':');
        space(&j);
        const char *from = j.at;
        if (ok && is(key, "model"))
            ok = string(&j, &model);
        else if (ok && is(key, "messages"))
            ok = listed = messages(&j, last_user);
        else
            ok = ok && value(&j);
        if (ok && is(key, "stream"))
            stream = !strncmp(from, "true", 4);
        if (!take(&j, ','))
            break;
    }
    ok = ok && take(&j, '}');
    space(&j);
    return ok && j.at == j.end && model.len && listed && stream;
}

static void add_code_point(struct bytes *b, uint32_t cp)
{
    if (cp < 0x80) {
        add(b, &(char){ (char)cp }, 1);
        return;
    }
    int tail = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
    static const unsigned lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    add(b, &(char){ (char)(lead[tail] | cp >> (6 * tail)) }, 1);
    while (tail--)
        add(b, &(char){ (char)(0x80 | (cp >> (6 * tail) & 0x3F)) }, 1);
}

static uint32_t hex4(const char *at)
{
    char digits[5] = { at[0], at[1], at[2], at[3], 0 };
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* One escape, `at` on the backslash; returns its length. */
static size_t unescape_one(struct bytes *out, const char *at, size_t left)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *known = left > 1 && at[1] ? strchr(from, at[1]) : NULL;
    if (left >= 6 && at[1] == 'u') {
        uint32_t cp = hex4(at + 2);
        bool pair = cp >> 10 == 0x36 && left >= 12 && at[6] == '\\' && at[7] == 'u';
        add_code_point(out, pair ? 0x10000 + ((cp & 0x3FF) << 10) + (hex4(at + 8) & 0x3FF) : cp);
        return pair ? 12 : 6;
    }
    add(out, known ? &to[known - from] : at + 1, 1);
    return 2;
}

static void unescape(struct bytes *out, struct text raw)
{
    out->len = 0;
    adds(out, "");
    for (size_t i = 0; i < raw.len;) {
        const char *next = memchr(raw.at + i, '\\', raw.len - i);
        size_t plain = next ? (size_t)(next - raw.at) - i : raw.len - i;
        add(out, raw.at + i, plain);
        i += plain;
        if (next)
            i += unescape_one(out, next, raw.len - i);
    }
}

/* ---- answers ---- */

static void plain(struct bytes *out, const char *status, const char *header, const char *json)
{
    addf(out, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s", status,
         strlen(json), header, json);
}

static void chunk(struct bytes *out, const char *at, size_t len)
{
    addf(out, "%zx\r\n", len);
    add(out, at, len);
    add(out, "\r\n", 2);
}

static void event(struct bytes *out, const char *text)
{
    chunk(out, text, strlen(text));
}

static void add_delta(struct bytes *out, struct text t)
{
    adds(out, CHUNK_BEGIN DELTA);
    add_escaped(out, t);
    adds(out, DELTA_END "}\n\n");
}

static void delta(struct bytes *out, struct text t)
{
    scratch.len = 0;
    add_delta(&scratch, t);
    chunk(out, scratch.at, scratch.len);
}

static void stream_begin(struct bytes *out)
{
    adds(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void stream_end(struct bytes *out, size_t asked, size_t said)
{
    char usage[160];
    event(out, CHUNK_BEGIN "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    snprintf(usage, sizeof usage,
             "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
             "\"total_tokens\":%zu}}\n\n",
             asked / 4 + 1, said / 4 + 1, asked / 4 + said / 4 + 2);
    event(out, usage);
    event(out, "data: [DONE]\n\n");
    adds(out, "0\r\n\r\n");
}

/* The question comes after documents and history, so the last one counts. */
static const char *last_of(const char *text, const char *word)
{
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, word)); at++)
        last = at;
    return last;
}

/* Two sentences in three events, with the token the message names. */
static size_t answer_text(char out[200], const char *asked)
{
    const char *token = last_of(asked, "token:");
    int n = token ? (int)strspn(token + 6, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
                  : 0;
    if (n > 80)
        n = 80;
    int len =
        snprintf(out, 200, "The documents answer this%s%.*s [1]. It takes a few minutes and no more [1].",
                 n ? " for " : "", n, token ? token + 6 : "");
    return (size_t)len;
}

static void answer(struct bytes *out, const char *asked, size_t asked_len)
{
    char text[200];
    size_t n = answer_text(text, asked), third = n / 3;
    stream_begin(out);
    delta(out, (struct text){ text, third });
    delta(out, (struct text){ text + third, third });
    delta(out, (struct text){ text + 2 * third, n - 2 * third });
    stream_end(out, asked_len, n);
}

/* From the middle of one word to the middle of the next; never inside a character. */
static void say(struct bytes *out, struct text t, size_t asked_len)
{
    size_t from = 0, word = 0;
    stream_begin(out);
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == ' ') {
            word = i + 1;
            continue;
        }
        bool last = i + 1 == t.len || t.at[i + 1] == ' ';
        size_t middle = word + (i + 1 - word) / 2;
        while (middle > from && ((unsigned char)t.at[middle] & 0xC0) == 0x80)
            middle--;
        if (last && middle > from) {
            delta(out, (struct text){ t.at + from, middle - from });
            from = middle;
        }
    }
    delta(out, (struct text){ t.at + from, t.len - from });
    stream_end(out, asked_len, t.len);
}

#endif
