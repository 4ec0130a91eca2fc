/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is the client? Addresses in one 16-byte form (IPv4 mapped into IPv6), networks in CIDR
 * notation, and the walk through X-Forwarded-For that believes trusted proxies only. Pure.
 */
#ifndef IO_PEER_H
#define IO_PEER_H

#include <sys/socket.h>

#include "base/str.h"

#define PEER_TEXT 46 /* INET6_ADDRSTRLEN */

struct peer {
    uint8_t at[16];
};

struct peer_net {
    struct peer base;
    int bits; /* of 128 */
};

bool peer_parse(struct peer *out, struct str text);          /* "1.2.3.4", "::1"; no port, no zone */
bool peer_net_parse(struct peer_net *out, const char *text); /* address or CIDR */
void peer_of(struct peer *out, const struct sockaddr *sa);
void peer_text(char out[PEER_TEXT], const struct peer *p); /* canonical: mapped IPv4 dotted, RFC 5952 */
bool peer_within(const struct peer *p, const struct peer_net *net, size_t nets);

/* The right-most hop that is not a trusted proxy. `p` comes in as the socket's address; `field` are
 * the X-Forwarded-For fields in order. An entry that is not an address ends the walk. */
void peer_client(struct peer *p, const struct str *field, size_t fields, const struct peer_net *trusted,
                 size_t nets);

#endif
