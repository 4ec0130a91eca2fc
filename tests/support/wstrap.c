/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames and the handshake by hand (RFC 6455), TLS by OpenSSL, all of it blocking.
 */
#include "tests/support/wstrap.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "wstrap: %s\n", what);
    abort();
}

/* ---- bytes ---- */

bool wspeer_say(struct wspeer *p, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *from = (const char *)bytes + at;
        ssize_t n =
            p->ssl ? SSL_write(p->ssl, from, (int)(len - at)) : send(p->fd, from, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

bool wspeer_text(struct wspeer *p, const char *text)
{
    return wspeer_say(p, text, strlen(text));
}

static bool hear_bytes(struct wspeer *p, void *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        char *into = (char *)to + at;
        ssize_t n = p->ssl ? SSL_read(p->ssl, into, (int)(len - at)) : recv(p->fd, into, len - at, 0);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

void wspeer_until_gone(struct wspeer *p)
{
    char scrap;
    while (hear_bytes(p, &scrap, 1))
        ;
}

void wspeer_reset(struct wspeer *p)
{
    const struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/* ---- the handshake ---- */

bool wspeer_head(struct wspeer *p)
{
    size_t n = 0;
    do {
        if (n == sizeof p->head - 1 || !hear_bytes(p, p->head + n, 1))
            return false;
        p->head[++n] = '\0';
    } while (n < 4 || strcmp(p->head + n - 4, "\r\n\r\n") != 0);
    uv_mutex_lock(&p->trap->seats.lock);
    memcpy(p->trap->head, p->head, n + 1);
    uv_mutex_unlock(&p->trap->seats.lock);
    p->trap->requests++;
    return true;
}

bool wspeer_accept(struct wspeer *p)
{
    char text[128], answer[256];
    unsigned char hash[SHA_DIGEST_LENGTH], accept[64];
    const char *key = wspeer_head(p) ? strcasestr(p->head, "\r\nSec-WebSocket-Key: ") : NULL;
    if (!key)
        return false;
    key += 21;
    int n = snprintf(text, sizeof text, "%.*s" GUID, (int)strcspn(key, "\r"), key);
    SHA1((unsigned char *)text, (size_t)n, hash);
    EVP_EncodeBlock(accept, hash, sizeof hash);
    n = snprintf(answer, sizeof answer,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n\r\n",
                 (char *)accept);
    return wspeer_say(p, answer, (size_t)n);
}

/* ---- frames ---- */

size_t wsframe_build(unsigned char *out, int first, bool masked, const void *payload, size_t len)
{
    static const unsigned char mask[4] = { 0x11, 0x22, 0x33, 0x44 };
    const unsigned char *from = payload;
    unsigned char bit = masked ? 0x80 : 0;
    size_t n = 0, width = len < 126 ? 0 : len < 65536 ? 2 : 8;
    out[n++] = (unsigned char)first;
    out[n++] = (unsigned char)(bit | (width == 0 ? len : width == 2 ? 126 : 127));
    for (size_t i = width; i-- > 0;)
        out[n++] = (unsigned char)((uint64_t)len >> (8 * i));
    for (size_t i = 0; masked && i < 4; i++)
        out[n++] = mask[i];
    for (size_t i = 0; i < len; i++)
        out[n++] = masked ? from[i] ^ mask[i & 3] : from[i];
    return n;
}

bool wspeer_frame(struct wspeer *p, int first, const void *payload, size_t len)
{
    unsigned char *frame = malloc(len + 14);
    must(frame, "memory");
    bool ok = wspeer_say(p, frame, wsframe_build(frame, first, false, payload, len));
    free(frame);
    return ok;
}

bool wspeer_hear(struct wspeer *p)
{
    struct wsframe *f = &p->heard;
    unsigned char head[2], more[8], mask[4];
    if (!hear_bytes(p, head, 2) || !(head[1] & 0x80)) /* a client must mask */
        return false;
    f->len = head[1] & 0x7F;
    size_t width = f->len == 126 ? 2 : f->len == 127 ? 8 : 0;
    if (!hear_bytes(p, more, width))
        return false;
    for (size_t i = 0; i < width; i++)
        f->len = (i ? f->len << 8 : 0) | more[i];
    if (f->len >= sizeof f->bytes || !hear_bytes(p, mask, 4) || !hear_bytes(p, f->bytes, f->len))
        return false;
    for (size_t i = 0; i < f->len; i++)
        f->bytes[i] ^= mask[i & 3];
    f->bytes[f->len] = '\0';
    f->first = head[0];
    uv_mutex_lock(&p->trap->seats.lock);
    p->trap->last.first = f->first;
    p->trap->last.len = f->len;
    memcpy(p->trap->last.bytes, f->bytes, f->len + 1);
    uv_mutex_unlock(&p->trap->seats.lock);
    return true;
}

/* ---- TLS ---- */

static X509 *certificate(EVP_PKEY *key, const char *name)
{
    char san[128];
    X509 *x = X509_new();
    snprintf(san, sizeof san, "DNS:%s", name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    must(x && names && basic, "certificate");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"test",
                               -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_add_ext(x, names, -1);
    X509_add_ext(x, basic, -1);
    must(X509_sign(x, key, EVP_sha256()) > 0, "signature");
    X509_EXTENSION_free(names);
    X509_EXTENSION_free(basic);
    return x;
}

SSL_CTX *wstrap_tls(const char *name, const char *ca_file)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    must(key && tls, "TLS");
    X509 *x = certificate(key, name);
    FILE *f = fopen(ca_file, "w");
    must(f && PEM_write_X509(f, x) && fclose(f) == 0, "CA file");
    must(SSL_CTX_use_certificate(tls, x) && SSL_CTX_use_PrivateKey(tls, key), "use of the certificate");
    X509_free(x);
    EVP_PKEY_free(key);
    return tls;
}

/* ---- the server ---- */

static void play(struct wspeer *p)
{
    if (p->trap->tls) {
        p->ssl = SSL_new(p->trap->tls);
        SSL_set_fd(p->ssl, p->fd);
        if (SSL_accept(p->ssl) == 1)
            p->trap->play(p);
        SSL_free(p->ssl);
    } else {
        p->trap->play(p);
    }
}

static void serve(struct seats *s, int fd)
{
    struct wspeer *p = calloc(1, sizeof *p);
    must(p, "memory");
    p->trap = CONTAINER_OF(s, struct wstrap, seats);
    p->fd = fd;
    play(p);
    p->trap->played++;
    free(p);
}

void wstrap_open(struct wstrap *t, void (*play_it)(struct wspeer *p), SSL_CTX *tls)
{
    t->play = play_it;
    t->tls = tls;
    t->requests = t->played = 0;
    t->head[0] = '\0';
    t->last.first = -1;
    t->last.len = 0;
    seats_open(&t->seats, serve);
}

void wstrap_close(struct wstrap *t)
{
    seats_close(&t->seats);
    SSL_CTX_free(t->tls);
}
