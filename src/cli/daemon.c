/* SPDX-License-Identifier: Apache-2.0
 *
 * One request to our own listener, on a loop of its own. Breakers and refused keys are known to the running
 * process alone, so a command that wants to show them has to ask it.
 */
#include "cli/daemon.h"

#include <errno.h>
#include <string.h>

#include "io/http.h"

#define ANSWER_MS    1000
#define ANSWER_BYTES (1U << 20)

struct visit {
    struct loop loop;
    struct http *http;
    struct buf body;
    bool whole;
};

static int on_body(void *ctx, const char *bytes, size_t len)
{
    struct visit *v = ctx;
    buf_add(&v->body, bytes, len);
    return v->body.failed ? -ENOMEM : 0;
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail X_UNUSED)
{
    struct visit *v = ctx;
    v->whole = how == HTTP_OK && (status == 200 || status == 503); /* not ready is an answer too */
    http_close(v->http);
    loop_shut(&v->loop);
}

/* Where it listens, as seen from this machine: "any address" is this one. */
static void url_of(struct buf *out, const struct config *conf)
{
    struct str listen = str_of(conf->server.listen);
    size_t colon = listen.len;
    while (colon > 0 && listen.at[colon - 1] != ':')
        colon--;
    struct str host = { listen.at, colon ? colon - 1 : 0 };
    if (host.len == 0 || str_eqs(host, "0.0.0.0") || str_eqs(host, "*"))
        host = STR("127.0.0.1");
    else if (str_eqs(host, "[::]"))
        host = STR("[::1]");
    buf_printf(out, "http://%.*s:%s%s/api/health", (int)host.len, host.at, listen.at + colon,
               conf->server.base_path);
}

static int ask(struct visit *v, const struct config *conf)
{
    struct buf url = BUF_INIT(4096), key = BUF_INIT(4096);
    struct http_call *call;
    url_of(&url, conf);
    buf_printf(&key, "Authorization: Bearer %s", conf->server.api_key);
    const char *header[] = { buf_text(&key) };
    const struct http_request r = { .method = "GET",
                                    .url = buf_text(&url),
                                    .header = header,
                                    .headers = conf->server.api_key[0] != '\0',
                                    .total_ms = ANSWER_MS,
                                    .body_cap_bytes = ANSWER_BYTES,
                                    .ctx = v,
                                    .body_part = on_body,
                                    .done = on_done };
    int rc = http_start(v->http, &r, &call, NULL);
    buf_free(&url);
    buf_free(&key);
    return rc;
}

cJSON *daemon_health(const struct config *conf)
{
    struct visit v = { .body = BUF_INIT(ANSWER_BYTES) };
    cJSON *doc = NULL;
    if (loop_open(&v.loop, NULL))
        return NULL;
    if (http_open(&v.http, &v.loop, NULL)) {
        loop_shut(&v.loop);
    } else if (ask(&v, conf)) {
        http_close(v.http);
        loop_shut(&v.loop);
    }
    loop_run(&v.loop);
    loop_close(&v.loop);
    if (v.whole && json_parse(&doc, buf_text(&v.body), v.body.len, NULL))
        doc = NULL;
    buf_free(&v.body);
    return doc;
}

const cJSON *daemon_component(const cJSON *health, const char *name)
{
    const cJSON *c;
    cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(health, "components"))
    {
        if (strcmp(json_text(c, "name", ""), name) == 0)
            return c;
    }
    return NULL;
}
