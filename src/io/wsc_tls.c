/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom the websocket client trusts. The library would make this itself, but then it goes on where the file
 * of authorities cannot be read, and also looks for some in "../share" of wherever the process was started.
 * It sets the name to be found in the certificate, and asks for verification, on each connection.
 */
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <errno.h>

#include "io/wsc_impl.h"

static int load(SSL_CTX *tls, const char *ca_file, struct err *err)
{
    if (!SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) || !SSL_CTX_set_default_verify_paths(tls))
        return err_set(err, -ENOTSUP, "websocket: TLS does not start");
    if (ca_file && !SSL_CTX_load_verify_locations(tls, ca_file, NULL))
        return err_set(err, -EINVAL, "websocket: %s holds no certificates", ca_file);
    return 0;
}

int wsc_tls_open(struct ssl_ctx_st **out, const char *ca_file, struct err *err)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return err_set(err, -ENOMEM, "websocket: out of memory");
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    int bad = load(tls, ca_file, err);
    if (bad)
        SSL_CTX_free(tls);
    else
        *out = tls;
    return bad;
}

void wsc_tls_close(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

const char *wsc_tls_untrusted(const void *verification)
{
    int bad = X509_STORE_CTX_get_error(verification);
    return bad == X509_V_OK ? NULL : X509_verify_cert_error_string(bad);
}
