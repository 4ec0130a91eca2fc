/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of wire.h share. `tree` may be NULL everywhere: then nothing is there.
 */
#ifndef DISCORD_WIRE_IMPL_H
#define DISCORD_WIRE_IMPL_H

#include "adapters/discord/wire.h"
#include "base/json.h"
#include "base/json_span.h"

/* A list of Discord's, walked and counted. */
struct wire_list {
    const cJSON *item; /* the first */
    size_t n;          /* at most the limit that was asked for */
};

struct wire_list wire_list(const cJSON *tree, const char *key, size_t max);

/* The text of a member into *out, "" when there is none, it is no text or it has more than `max` bytes. 0,
 * -ENOMEM. */
int wire_text(const char **out, const cJSON *tree, const char *key, size_t max, struct arena *a);
/* The same of an id: "" when it is none. */
int wire_id(const char **out, const cJSON *tree, const char *key, struct arena *a);
/* The ids in a list, those that are none left out. *out is NULL when *n is 0. 0, -ENOMEM. */
int wire_ids(const char *const **out, size_t *n, const cJSON *tree, const char *key, size_t max,
             struct arena *a);
/* A span that must be one JSON object. 0, X_E_INVALID with why, -ENOMEM. The caller cJSON_Deletes *out. */
int wire_parse(cJSON **out, struct str data, struct err *err);

/* A thread by its `type`, and then its parent_id. */
bool wire_is_thread(const cJSON *channel);

/* dc_message_read of what is parsed already; channel_id may be missing where a command has a target. */
int wire_message(struct dc_message *out, const cJSON *tree, const struct dc_me *me, struct arena *a,
                 struct err *err);

#endif
