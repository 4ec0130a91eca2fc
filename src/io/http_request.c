/* SPDX-License-Identifier: Apache-2.0
 *
 * From struct http_request to a curl handle. The handle is not reset between uses (the
 * constant options stay), so every option set here is set for every request. Error texts
 * never show the URL or a header: bot tokens live there.
 */
#include "io/http_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WATCH_SEND (64U << 10) /* a larger body is not sent at once: the clock follows its progress */

static bool host_is_loopback(const char *host)
{
    static const char tail[] = ".localhost";
    size_t len = strlen(host), cut = sizeof tail - 1;
    if (strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0')
        return true;
    return strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0 ||
           (len > cut && strcasecmp(host + len - cut, tail) == 0);
}

/* Proxies of the environment are for the world outside, so loopback must be told apart. */
static int url_check(CURLU *scratch, const char *url, bool *loopback, struct err *err)
{
    char *scheme = NULL, *host = NULL;
    CURLUcode bad = curl_url_set(scratch, CURLUPART_URL, url, 0);
    if (!bad)
        bad = curl_url_get(scratch, CURLUPART_SCHEME, &scheme, 0);
    if (!bad)
        bad = curl_url_get(scratch, CURLUPART_HOST, &host, 0);
    int r = 0;
    if (bad)
        r = err_set(err, X_E_INVALID, "http: bad URL: %s", curl_url_strerror(bad));
    else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        r = err_set(err, X_E_INVALID, "http: bad URL: neither http nor https");
    else
        *loopback = host_is_loopback(host);
    curl_free(scheme);
    curl_free(host);
    return r;
}

static int header_add(struct http_call *c, const char *line, struct err *err)
{
    struct curl_slist *grown = curl_slist_append(c->header, line);
    if (!grown)
        return err_set(err, -ENOMEM, "http: out of memory");
    c->header = grown;
    return 0;
}

/* "Expect:" and "Content-Type:" without a value keep curl from adding its own. */
static int header_copy(struct http_call *c, const struct http_request *r, struct err *err)
{
    bool typed = false;
    int bad = 0;
    for (size_t i = 0; i < r->headers && !bad; i++) {
        const char *line = r->header[i];
        size_t name = strcspn(line, ":");
        if (!name || !line[name] || line[strcspn(line, "\r\n")])
            return err_set(err, X_E_INVALID, "http: header %zu is not one \"Name: value\" line", i + 1);
        typed = typed || strncasecmp(line, "content-type:", 13) == 0;
        bad = header_add(c, line, err);
    }
    if (!bad && !typed)
        bad = header_add(c, "Content-Type:", err);
    return bad ? bad : header_add(c, "Expect:", err);
}

/* curl borrows the body: it lives as long as the call. */
static int body_copy(struct http_call *c, const struct http_request *r, struct err *err)
{
    if (!r->body_len)
        return 0;
    c->body = malloc(r->body_len);
    if (!c->body)
        return err_set(err, -ENOMEM, "http: out of memory for a body of %zu bytes", r->body_len);
    memcpy(c->body, r->body, r->body_len);
    return 0;
}

static int method_check(const char *method, struct err *err)
{
    static const char *const known[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(method, known[i]) == 0)
            return 0;
    return err_set(err, X_E_INVALID, "http: unknown method");
}

static int easy_prepare(struct http_call *c, const struct http_request *r, bool loopback, struct err *err)
{
    CURL *e = c->easy;
    bool proxy = r->proxy && r->proxy[0];
    bool bare = !r->body_len && (strcmp(r->method, "GET") == 0 || strcmp(r->method, "DELETE") == 0);
    CURLcode bad = curl_easy_setopt(e, CURLOPT_URL, r->url);
    bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->header);
    bad |= curl_easy_setopt(e, CURLOPT_PROXY, proxy ? r->proxy : loopback ? "" : NULL);
    bad |= curl_easy_setopt(e, CURLOPT_NOPROXY, proxy ? "" : NULL);
    bad |= curl_easy_setopt(e, CURLOPT_IPRESOLVE,
                            r->ipv4 ? (long)CURL_IPRESOLVE_V4 : (long)CURL_IPRESOLVE_WHATEVER);
    if (bare) {
        bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, NULL);
        bad |= curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    } else {
        bad |= curl_easy_setopt(e, CURLOPT_POST, 1L);
        bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body ? (const char *)c->body : "");
        bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
    }
    bad |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
    bad |= curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, r->fresh ? 1L : 0L);
    bad |= curl_easy_setopt(e, CURLOPT_NOPROGRESS, r->body_len > WATCH_SEND ? 0L : 1L);
    return bad ? err_set(err, -ENOMEM, "http: out of memory") : 0;
}

int http_request_check(CURLU *scratch, const struct http_request *r, bool *loopback, struct err *err)
{
    int bad = method_check(r->method, err);
    return bad ? bad : url_check(scratch, r->url, loopback, err);
}

int http_request_prepare(struct http_call *c, const struct http_request *r, bool loopback, struct err *err)
{
    int bad = header_copy(c, r, err);
    if (!bad)
        bad = body_copy(c, r, err);
    if (!bad)
        bad = easy_prepare(c, r, loopback, err);
    c->req = *r;
    if (c->req.body_cap_bytes <= 0)
        c->req.body_cap_bytes = HTTP_BODY_MAX;
    c->once = strcmp(r->method, "POST") == 0 || strcmp(r->method, "PATCH") == 0;
    c->armed_ms = INT64_MAX;
    return bad;
}
