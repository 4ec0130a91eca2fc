/* SPDX-License-Identifier: Apache-2.0
 *
 * What a text value may look like, for the `check` and `tidy` columns of the key table. A check
 * answers NULL or the rest of the sentence "server.listen: must be ...". Pure.
 * URLs are only taken apart as far as safety asks: scheme, host, no user info, no query. curl has
 * the last word on the rest.
 */
#include <arpa/inet.h>
#include <string.h>

#include "conf/config_impl.h"
#include "conf/file.h"

#define ADDRESS_BYTES  64
#define URL_HOST_BYTES 256
#define CHARS_LOWER    "abcdefghijklmnopqrstuvwxyz"
#define CHARS_DIGIT    "0123456789"
#define CHARS_ALNUM    CHARS_LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" CHARS_DIGIT

static bool address_ok(const char *text, int *bits)
{
    unsigned char raw[16];

    *bits = strchr(text, ':') ? 128 : 32;
    return inet_pton(*bits == 128 ? AF_INET6 : AF_INET, text, raw) == 1;
}

/* Copies [from, from + len) when it fits. */
static bool part_copy(char out[ADDRESS_BYTES], const char *from, size_t len)
{
    if (len == 0 || len >= ADDRESS_BYTES)
        return false;
    memcpy(out, from, len);
    out[len] = '\0';
    return true;
}

const char *check_listen(const char *text)
{
    static const char why[] =
        "must be ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080 (port 0 = any free one)";
    const char *colon = strrchr(text, ':');
    char host[ADDRESS_BYTES];
    bool v6 = text[0] == '[';
    int64_t port;
    int bits;

    if (!colon || !str_int(str_of(colon + 1), 0, 65535, &port))
        return why;
    if (v6 && (colon < text + 2 || colon[-1] != ']'))
        return why;
    if (!part_copy(host, text + v6, (size_t)(colon - text) - 2 * (size_t)v6))
        return why;
    return address_ok(host, &bits) && v6 == (bits == 128) ? NULL : why;
}

/* "/a/b": no empty, "." or ".." parts. */
static bool path_ok(const char *text)
{
    struct str rest = str_of(text), part;

    if (text[0] != '/' || text[strspn(text, CHARS_ALNUM "/._~-")])
        return false;
    rest.at++;
    rest.len--;
    while (str_cut(&rest, '/', &part))
        if (part.len == 0 || str_eqs(part, ".") || str_eqs(part, ".."))
            return false;
    return true;
}

const char *check_base_path(const char *text)
{
    return text[0] == '\0' || path_ok(text)
               ? NULL
               : "must be empty or a path such as /parley, without a slash at the end";
}

const char *check_path(const char *text)
{
    return path_ok(text) ? NULL : "must be a path such as /telegram/webhook";
}

const char *check_network(const char *text)
{
    static const char why[] = "must be an address or a network, such as 10.0.0.0/8 or ::1";
    const char *slash = strchr(text, '/');
    char host[ADDRESS_BYTES];
    int64_t prefix;
    int bits;

    if (!part_copy(host, text, slash ? (size_t)(slash - text) : strlen(text)) || !address_ok(host, &bits))
        return why;
    return !slash || str_int(str_of(slash + 1), 0, bits, &prefix) ? NULL : why;
}

/* The host of scheme://host[:port][/path]; false when it is not of that form. Brackets are taken off. */
static bool url_host(const char *url, char out[URL_HOST_BYTES], const char **after)
{
    const char *at = strstr(url, "://"), *end;
    size_t len;

    if (!at)
        return false;
    at += 3;
    if (strpbrk(at, "@?# \\\"<>"))
        return false;
    end = at[0] == '[' ? strchr(at, ']') : at + strcspn(at, ":/");
    if (!end)
        return false;
    *after = at[0] == '[' ? end + 1 : end;
    at += at[0] == '[';
    len = (size_t)(end - at);
    if (len == 0 || len >= URL_HOST_BYTES)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

static bool url_port_ok(const char *after)
{
    size_t len = strcspn(after, "/");
    int64_t port;

    if (len == 0)
        return true;
    return after[0] == ':' && str_int((struct str){ after + 1, len - 1 }, 1, 65535, &port);
}

static bool url_ok(const char *url, const char *scheme, const char *scheme_tls)
{
    struct str text = str_of(url);
    char host[URL_HOST_BYTES];
    const char *after;

    return (str_starts(text, scheme) || str_starts(text, scheme_tls)) && url_host(url, host, &after) &&
           url_port_ok(after);
}

const char *check_url(const char *text)
{
    if (text[0] == '\0' || url_ok(text, "http://", "https://"))
        return NULL;
    return "must be a URL such as https://api.example.com/v1, without user name, query or fragment";
}

const char *check_ws_url(const char *text)
{
    if (text[0] == '\0' || url_ok(text, "ws://", "wss://"))
        return NULL;
    return "must be a URL such as wss://gateway.example.com, without user name, query or fragment";
}

const char *check_origin(const char *text)
{
    char host[URL_HOST_BYTES];
    const char *after;

    if (url_ok(text, "http://", "https://") && url_host(text, host, &after) && !strchr(after, '/'))
        return NULL;
    return "must be an origin such as https://www.example.com, without a path; list each one, * is not an "
           "origin";
}

bool config_url_private(const char *url)
{
    char host[URL_HOST_BYTES];
    unsigned char raw[16];
    const char *after;

    if (!str_starts(str_of(url), "http://"))
        return true;
    if (!url_host(url, host, &after))
        return false;
    if (inet_pton(AF_INET, host, raw) == 1)
        return raw[0] == 127;
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

const char *check_public_key(const char *text)
{
    size_t hex = strspn(text, CHARS_DIGIT "abcdefABCDEF");

    return text[hex] == '\0' && (hex == 0 || hex == 64)
               ? NULL
               : "must be the 64 hexadecimal digits of the public key";
}

const char *check_digits(const char *text)
{
    return text[strspn(text, CHARS_DIGIT)] == '\0' && strlen(text) <= 20 ? NULL
                                                                         : "must be a number in quotes";
}

const char *check_secret(const char *text)
{
    return text[0] == '\0' || file_secret_ok(text) ? NULL : "must be printable ASCII without spaces";
}

static const char *key_wrong(const struct str *key, size_t n)
{
    struct str last = key[n - 1];

    for (size_t i = 0; i < last.len; i++)
        if (last.at[i] <= ' ' || last.at[i] > '~')
            return "must be printable ASCII; several keys are separated by commas or white space";
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(key[i], last))
            return "must not hold a key twice";
    return NULL;
}

const char *config_keys_cut(struct str key[CONFIG_KEYS_MAX], size_t *n, const char *text)
{
    static const char blank[] = " \t\r\n";
    struct str rest = str_of(text), part;

    *n = 0;
    while (rest.len > 0 && str_cut(&rest, ',', &part)) {
        part = str_trim(part);
        if (part.len == 0 || (rest.at && rest.len == 0))
            return "must not hold an empty key: a comma stands between two keys";
        for (const char *at = part.at, *end = at + part.len; at < end; at += strspn(at, blank)) {
            size_t len = strcspn(at, " \t\r\n,");
            const char *wrong;

            if (*n == CONFIG_KEYS_MAX)
                return "must be at most 8 keys";
            key[(*n)++] = (struct str){ at, len };
            if ((wrong = key_wrong(key, *n)))
                return wrong;
            at += len;
        }
    }
    return NULL;
}

const char *check_keys(const char *text)
{
    struct str key[CONFIG_KEYS_MAX];
    size_t n;

    return config_keys_cut(key, &n, text);
}

/* core.telegram.org/bots/api#setwebhook: 1-256 of A-Z a-z 0-9 _ - */
const char *check_webhook_secret(const char *text)
{
    size_t len = strspn(text, CHARS_ALNUM "_-");

    return text[len] == '\0' && len <= 256 ? NULL : "must be 1 to 256 letters, digits, _ or -";
}

/* Below 0: a group. 52 bits (core.telegram.org/bots/api#chat). */
const char *check_chat_id(const char *text)
{
    int64_t id;

    return str_int(str_of(text), -(1LL << 52), 1LL << 52, &id) && id ? NULL
                                                                     : "must be the id of a person or a chat";
}

const char *check_person_id(const char *text)
{
    return text[0] != '-' && !check_chat_id(text) ? NULL : "must be the id of a person";
}

/* What curl takes it for is curl's to say; it may hold a password, so it is a secret. */
const char *check_proxy(const char *text)
{
    static const char *const scheme[] = { "http://", "https://", "socks5://", "socks5h://" };

    for (size_t i = 0; i < ARRAY_LEN(scheme); i++)
        if (strncmp(text, scheme[i], strlen(scheme[i])) == 0 && text[strlen(scheme[i])])
            return check_secret(text);
    return text[0] ? "must be http://, https://, socks5:// or socks5h:// and host:port" : NULL;
}

const char *tidy_slash(struct arena *a, const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && text[len - 1] == '/')
        len--;
    return arena_strndup(a, text, len);
}

bool config_name_ok(const char *provider)
{
    size_t len = strspn(provider, CHARS_LOWER CHARS_DIGIT "_");

    return len > 0 && len < 32 && provider[len] == '\0' && provider[0] >= 'a' && !strstr(provider, "__");
}
