/* SPDX-License-Identifier: Apache-2.0
 *
 * identify: platform ids become keyed hashes. A plain hash of a platform id is reversible by enumeration
 * (the id space is small and public), a keyed one is a pseudonym. Channel and bot are part of the input, so
 * the same person on two platforms is two users.
 */
#include <string.h>

#include <arpa/inet.h>

#include "base/hash.h"
#include "base/str.h"
#include "pipeline/stages.h"

/* One subscriber usually owns a whole IPv6 /64: limit that, not the address. */
static struct str ip_unit(const char *ip, char out[INET6_ADDRSTRLEN])
{
    struct in6_addr six;
    if (inet_pton(AF_INET6, ip, &six) != 1)
        return str_of(ip);
    memset(six.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &six, out, INET6_ADDRSTRLEN);
    return str_of(out);
}

/* "de-AT" -> "de"; unknown = English. */
static const char *language_of(struct turn *t)
{
    size_t n = strcspn(t->msg.locale, "-_");
    if (n < 2 || n > 3)
        return "en";
    char *lang = arena_strndup(&t->arena, t->msg.locale, n);
    for (char *p = lang; p && *p; p++)
        *p = (char)(*p | 0x20);
    return lang ? lang : "en";
}

void identify(struct turn_identity *id, const uint8_t key[KEY_RAW_BYTES], const struct message *m)
{
    struct str user[] = { STR("user"), str_of(m->channel), str_of(m->bot), str_of(m->user) };
    struct str conv[] = { STR("conv"), str_of(m->channel), str_of(m->bot), str_of(m->conversation) };
    hmac_hex(id->user_key, key, user, ARRAY_LEN(user));
    hmac_hex(id->conv_key, key, conv, ARRAY_LEN(conv));
}

enum verdict stage_identify(struct turn *t, struct worker *w X_UNUSED)
{
    const uint8_t *key = t->pipeline->keys.identity;
    struct turn_identity *id = &t->identity;
    identify(id, key, &t->msg);
    if (t->msg.peer_ip[0]) {
        char unit[INET6_ADDRSTRLEN];
        struct str ip[] = { STR("ip"), ip_unit(t->msg.peer_ip, unit) };
        hmac_hex(id->ip_key, key, ip, ARRAY_LEN(ip));
    }
    id->language = language_of(t);
    return NEXT;
}
