/* SPDX-License-Identifier: Apache-2.0
 *
 * A client may write anything into X-Forwarded-For; each proxy appends what it saw. So the list
 * is read from the right, and only as long as the hop that vouches for an entry is trusted.
 */
#include "io/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void from_v4(struct peer *out, const void *four)
{
    memcpy(out->at, mapped, sizeof(mapped));
    memcpy(out->at + 12, four, 4);
}

bool peer_parse(struct peer *out, struct str text)
{
    char copy[PEER_TEXT];
    uint8_t four[4];
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.at, '\0', text.len))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, four) == 1) {
        from_v4(out, four);
        return true;
    }
    return inet_pton(AF_INET6, copy, out->at) == 1;
}

static bool is_v4(const struct peer *p)
{
    return memcmp(p->at, mapped, sizeof(mapped)) == 0;
}

bool peer_net_parse(struct peer_net *out, const char *text)
{
    struct str rest = str_of(text), address;
    int64_t bits;
    str_cut(&rest, '/', &address);
    if (!peer_parse(&out->base, address))
        return false;
    out->bits = 128;
    if (!rest.at)
        return true;
    bool v4 = is_v4(&out->base) && !memchr(address.at, ':', address.len);
    if (!str_int(rest, 0, v4 ? 32 : 128, &bits))
        return false;
    out->bits = (int)bits + (v4 ? 96 : 0);
    return true;
}

void peer_of(struct peer *out, const struct sockaddr *sa)
{
    *out = (struct peer){ 0 };
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        from_v4(out, &in.sin_addr);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        memcpy(out->at, &in6.sin6_addr, sizeof(out->at));
    }
}

void peer_text(char out[PEER_TEXT], const struct peer *p)
{
    bool v4 = is_v4(p);
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? p->at + 12 : p->at, out, PEER_TEXT))
        out[0] = '\0';
}

static bool in_net(const struct peer *p, const struct peer_net *net)
{
    int whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(p->at, net->base.at, (size_t)whole) != 0)
        return false;
    return rest == 0 || (p->at[whole] ^ net->base.at[whole]) >> (8 - rest) == 0;
}

bool peer_within(const struct peer *p, const struct peer_net *net, size_t nets)
{
    for (size_t i = 0; i < nets; i++)
        if (in_net(p, &net[i]))
            return true;
    return false;
}

/* "1.2.3.4", "1.2.3.4:5678", "::1", "[::1]", "[::1]:5678". */
static bool parse_hop(struct peer *out, struct str hop)
{
    hop = str_trim(hop);
    if (hop.len && hop.at[0] == '[') {
        const char *end = memchr(hop.at, ']', hop.len);
        return end && peer_parse(out, (struct str){ hop.at + 1, (size_t)(end - hop.at) - 1 });
    }
    const char *colon = hop.len ? memchr(hop.at, ':', hop.len) : NULL;
    if (colon && !memchr(colon + 1, ':', hop.len - (size_t)(colon + 1 - hop.at)))
        hop.len = (size_t)(colon - hop.at);
    return peer_parse(out, hop);
}

/* Cuts the last list element off; false when the list is used up. */
static bool cut_last(struct str *list, struct str *hop)
{
    if (!list->at)
        return false;
    const char *comma = list->len ? memrchr(list->at, ',', list->len) : NULL;
    *hop = comma ? (struct str){ comma + 1, list->len - (size_t)(comma + 1 - list->at) } : *list;
    *list = comma ? (struct str){ list->at, (size_t)(comma - list->at) } : (struct str){ 0 };
    return true;
}

void peer_client(struct peer *p, const struct str *field, size_t fields, const struct peer_net *trusted,
                 size_t nets)
{
    for (size_t i = fields; i-- > 0;) {
        struct str list = field[i], hop;
        while (cut_last(&list, &hop)) {
            struct peer next;
            if (!peer_within(p, trusted, nets) || !parse_hop(&next, hop))
                return;
            *p = next;
        }
    }
}
