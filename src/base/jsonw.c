/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON out, straight into a buffer: no tree, no allocation of its own, failure sticks in
 * the buffer. One bit of state is enough for the commas, because a container that has
 * just closed is an item that wants one behind it.
 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From here on doubles have no decimals worth printing, and "%f" would print up to 300 digits. */
#define FIXED_BELOW 1e15

static void item(struct jsonw *w, const char *key)
{
    if (w->comma)
        buf_addc(w->out, ',');
    w->comma = true;
    if (!key)
        return;
    buf_json_string(w->out, key, strlen(key));
    buf_addc(w->out, ':');
}

static void open_with(struct jsonw *w, const char *key, char bracket)
{
    item(w, key);
    buf_addc(w->out, bracket);
    w->comma = false;
}

static void close_with(struct jsonw *w, char bracket)
{
    buf_addc(w->out, bracket);
    w->comma = true;
}

void jw_begin(struct jsonw *w, struct buf *out)
{
    *w = (struct jsonw){ .out = out };
}

void jw_obj(struct jsonw *w, const char *key)
{
    open_with(w, key, '{');
}

void jw_arr(struct jsonw *w, const char *key)
{
    open_with(w, key, '[');
}

void jw_end_obj(struct jsonw *w)
{
    close_with(w, '}');
}

void jw_end_arr(struct jsonw *w)
{
    close_with(w, ']');
}

void jw_raw(struct jsonw *w, const char *key, const char *json)
{
    item(w, key);
    buf_adds(w->out, json);
}

void jw_textn(struct jsonw *w, const char *key, const char *value, size_t len)
{
    item(w, key);
    buf_json_string(w->out, value, len);
}

void jw_text(struct jsonw *w, const char *key, const char *value)
{
    if (value)
        jw_textn(w, key, value, strlen(value));
    else
        jw_raw(w, key, "null");
}

void jw_int(struct jsonw *w, const char *key, int64_t value)
{
    item(w, key);
    buf_printf(w->out, "%lld", (long long)value);
}

void jw_num(struct jsonw *w, const char *key, double value, int decimals)
{
    char text[48];
    int n;

    if (!isfinite(value)) {
        jw_raw(w, key, "null");
        return;
    }
    decimals = decimals < 0 ? 0 : decimals > 17 ? 17 : decimals;
    if (fabs(value) >= FIXED_BELOW)
        n = snprintf(text, sizeof text, "%.17g", value);
    else
        n = snprintf(text, sizeof text, "%.*f", decimals, value);
    if (fabs(value) < FIXED_BELOW && decimals > 0) {
        while (text[n - 1] == '0')
            n--;
        n -= text[n - 1] == '.';
        text[n] = '\0';
    }
    jw_raw(w, key, strcmp(text, "-0") == 0 ? "0" : text);
}

void jw_bool(struct jsonw *w, const char *key, bool value)
{
    jw_raw(w, key, value ? "true" : "false");
}
