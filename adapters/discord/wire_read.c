/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of parsed JSON into an arena. What has the wrong type or is longer than anything Discord sends is
 * taken as missing: a reader above decides what must be there.
 */
#include "adapters/discord/wire_impl.h"

#include <errno.h>
#include <string.h>

/* Types of channels (Discord, Channel Types): ANNOUNCEMENT_THREAD to PRIVATE_THREAD. */
#define THREAD_FIRST 10
#define THREAD_LAST  12

struct wire_list wire_list(const cJSON *tree, const char *key, size_t max)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, key), *item;
    struct wire_list out = { cJSON_IsArray(list) ? list->child : NULL, 0 };

    for (item = out.item; item && out.n < max; item = item->next)
        out.n++;
    return out;
}

int wire_text(const char **out, const cJSON *tree, const char *key, size_t max, struct arena *a)
{
    const char *text = json_text(tree, key, "");

    *out = "";
    if (!text[0] || strlen(text) > max)
        return 0;
    *out = arena_strdup(a, text);
    if (*out)
        return 0;
    *out = "";
    return -ENOMEM;
}

int wire_id(const char **out, const cJSON *tree, const char *key, struct arena *a)
{
    int rc = wire_text(out, tree, key, DC_ID_BYTES - 1, a);

    if (!dc_id_ok(*out))
        *out = "";
    return rc;
}

int wire_ids(const char *const **out, size_t *n, const cJSON *tree, const char *key, size_t max,
             struct arena *a)
{
    struct wire_list list = wire_list(tree, key, max);
    const char **id = list.n ? arena_array(a, list.n, sizeof *id) : NULL;

    *out = id;
    *n = 0;
    if (list.n && !id)
        return -ENOMEM;
    for (size_t i = 0; i < list.n; i++, list.item = list.item->next) {
        if (!cJSON_IsString(list.item) || !dc_id_ok(list.item->valuestring))
            continue;
        id[*n] = arena_strdup(a, list.item->valuestring);
        if (!id[*n])
            return -ENOMEM;
        (*n)++;
    }
    if (*n == 0)
        *out = NULL;
    return 0;
}

int wire_parse(cJSON **out, struct str data, struct err *err)
{
    int rc;

    *out = NULL;
    rc = json_parse(out, data.at, data.len, err);
    if (rc)
        return rc < 0 ? rc : X_E_INVALID;
    if (cJSON_IsObject(*out))
        return 0;
    cJSON_Delete(*out);
    *out = NULL;
    return err_set(err, X_E_INVALID, "not an object");
}

bool wire_is_thread(const cJSON *channel)
{
    int64_t type = json_int(channel, "type");

    return type >= THREAD_FIRST && type <= THREAD_LAST;
}
