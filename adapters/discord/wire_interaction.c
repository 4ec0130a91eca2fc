/* SPDX-License-Identifier: Apache-2.0
 *
 * An interaction, from the gateway or from a signed call: both have the same bytes. Three seconds are all it
 * has, so nothing that is merely odd refuses it: without an id or a token there is nothing to answer, any
 * other member that cannot be used is empty.
 */
#include "adapters/discord/wire_impl.h"

#include <errno.h>
#include <string.h>

#include <parley/message.h>

#define LOCALE_MAX    35  /* bytes (RFC 5646, section 4.4.1) */
#define NAME_BYTES    128 /* of a command or an option: 32 characters (Discord, Application Commands) */
#define CUSTOM_ID_MAX 400 /* bytes of a custom_id: 100 characters (Discord, Component Reference) */
#define VALUE_MAX     400 /* bytes of a value of a select: 100 characters */

#define OWNER_GUILD "0" /* authorizing_integration_owners: GUILD_INSTALL, */
#define OWNER_USER  "1" /* USER_INSTALL */

/* ---- options ---- */

/* The value as it concerns its type. 0, X_E_LIMIT, -ENOMEM. */
static int read_value(struct dc_option *o, const cJSON *option, struct arena *a)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(option, "value");
    struct str text = cJSON_IsString(value) ? str_trim(str_of(value->valuestring)) : STR("");

    o->number = cJSON_IsNumber(value) ? value->valuedouble : 0;
    o->yes = cJSON_IsTrue(value);
    if (text.len > MESSAGE_TEXT_MAX)
        return X_E_LIMIT;
    o->text = arena_strndup(a, text.at, text.len);
    return o->text ? 0 : -ENOMEM;
}

static int read_option(struct dc_option *o, const cJSON *option, struct arena *a)
{
    int rc = wire_text(&o->name, option, "name", NAME_BYTES, a);

    o->type = (enum dc_option_type)json_int(option, "type");
    o->focused = json_bool(option, "focused", false);
    o->text = "";
    return rc ? rc : read_value(o, option, a);
}

static bool is_usable(const cJSON *option)
{
    int64_t type = json_int(option, "type");
    size_t name = strlen(json_text(option, "name", ""));

    return type >= DC_STRING && type <= DC_ATTACHMENT && name > 0 && name <= NAME_BYTES;
}

/* 0, X_E_LIMIT (one text is left out), -ENOMEM. */
static int read_options(struct dc_interaction *i, const cJSON *of, struct arena *a)
{
    struct wire_list list = wire_list(of, "options", DC_LIST_MAX);
    int rc = 0;

    i->option = arena_array(a, list.n, sizeof *i->option);
    if (list.n && !i->option)
        return -ENOMEM;
    for (size_t n = 0; n < list.n && rc >= 0; n++, list.item = list.item->next) {
        int one = is_usable(list.item) ? read_option(&i->option[i->options++], list.item, a) : 0;

        rc = one ? one : rc;
    }
    return rc;
}

/* Goes down into a group and a sub-command; *of becomes what has the options. */
static int read_path(struct dc_interaction *i, const cJSON **of, struct arena *a)
{
    struct wire_list list = wire_list(*of, "options", 1);
    int64_t type = json_int(list.item, "type");
    int rc;

    if (type == DC_SUB_GROUP) {
        rc = wire_text(&i->group, list.item, "name", NAME_BYTES, a);
        if (rc)
            return rc;
        *of = list.item;
        list = wire_list(*of, "options", 1);
        type = json_int(list.item, "type");
    }
    if (type != DC_SUB_COMMAND)
        return 0;
    *of = list.item;
    return wire_text(&i->sub, list.item, "name", NAME_BYTES, a);
}

/* ---- by type ---- */

static int read_target(struct dc_interaction *i, const cJSON *data, const struct dc_me *me, struct arena *a,
                       struct err *err)
{
    const cJSON *messages = json_object(json_object(data, "resolved"), "messages");
    const char *id = json_text(data, "target_id", "");
    const cJSON *message = json_object(messages, id);
    int rc = message ? wire_message(&i->target, message, me, a, err) : X_E_INVALID;

    i->has_target = rc == 0 || rc == X_E_LIMIT;
    return rc == X_E_INVALID ? 0 : rc;
}

static int read_command(struct dc_interaction *i, const cJSON *data, const struct dc_me *me, struct arena *a,
                        struct err *err)
{
    const cJSON *of = data;
    int64_t type = json_int(data, "type");
    int rc = wire_text(&i->command, data, "name", NAME_BYTES, a);

    i->command_type =
        type == DC_USER_COMMAND || type == DC_MESSAGE_COMMAND ? (enum dc_command_type)type : DC_CHAT_COMMAND;
    if (!rc)
        rc = read_path(i, &of, a);
    if (!rc)
        rc = read_options(i, of, a);
    if (rc >= 0 && type == DC_MESSAGE_COMMAND) {
        int target = read_target(i, data, me, a, err);

        rc = target ? target : rc;
    }
    return rc;
}

static int read_values(struct dc_interaction *i, const cJSON *data, struct arena *a)
{
    struct wire_list list = wire_list(data, "values", DC_LIST_MAX);
    const char **value = list.n ? arena_array(a, list.n, sizeof *value) : NULL;

    if (list.n && !value)
        return -ENOMEM;
    i->value = value;
    for (size_t n = 0; n < list.n; n++, list.item = list.item->next) {
        if (!cJSON_IsString(list.item) || strlen(list.item->valuestring) > VALUE_MAX)
            continue;
        value[i->values] = arena_strdup(a, list.item->valuestring);
        if (!value[i->values])
            return -ENOMEM;
        i->values++;
    }
    return 0;
}

/* Who called for the message under which a button was pressed: the name of the member changed once. */
static int read_owner(struct dc_interaction *i, const cJSON *message, struct arena *a)
{
    const cJSON *of = json_object(message, "interaction_metadata");

    return wire_id(&i->message_owner, json_object(of ? of : json_object(message, "interaction"), "user"),
                   "id", a);
}

static int read_component(struct dc_interaction *i, const cJSON *tree, const cJSON *data, struct arena *a)
{
    const cJSON *message = json_object(tree, "message");
    int rc = wire_text(&i->custom_id, data, "custom_id", CUSTOM_ID_MAX, a);

    if (!rc)
        rc = read_values(i, data, a);
    if (!rc)
        rc = wire_id(&i->message_id, message, "id", a);
    return rc ? rc : read_owner(i, message, a);
}

static int read_data(struct dc_interaction *i, const cJSON *tree, const struct dc_me *me, struct arena *a,
                     struct err *err)
{
    const cJSON *data = json_object(tree, "data");

    switch (i->type) {
    case DC_COMMAND:
    case DC_AUTOCOMPLETE:
        return read_command(i, data, me, a, err);
    case DC_COMPONENT:
    case DC_MODAL:
        return read_component(i, tree, data, a);
    case DC_PING:
    default:
        return 0;
    }
}

/* ---- who and where ---- */

static int64_t bits(const cJSON *obj, const char *key)
{
    int64_t value = 0;

    return str_int(str_of(json_text(obj, key, "")), 0, INT64_MAX, &value) ? value : 0;
}

/* In a guild a member with a user in it, elsewhere the user alone. */
static int read_person(struct dc_interaction *i, const cJSON *tree, struct arena *a)
{
    const cJSON *member = json_object(tree, "member");
    const cJSON *user = member ? json_object(member, "user") : json_object(tree, "user");
    int rc = wire_id(&i->user_id, user, "id", a);

    i->permissions = bits(member, "permissions");
    if (!rc)
        rc = wire_ids(&i->role, &i->roles, member, "roles", DC_ROLES_MAX, a);
    if (!rc)
        rc = wire_text(&i->locale, tree, "locale", LOCALE_MAX, a);
    return rc ? rc : wire_text(&i->guild_locale, tree, "guild_locale", LOCALE_MAX, a);
}

static enum dc_context context_of(const struct dc_interaction *i, const cJSON *tree)
{
    const cJSON *context = cJSON_GetObjectItemCaseSensitive(tree, "context");
    int64_t value = json_int(tree, "context");

    if (cJSON_IsNumber(context) && value >= DC_CONTEXT_GUILD && value <= DC_CONTEXT_PRIVATE)
        return (enum dc_context)value;
    return i->guild_id[0] ? DC_CONTEXT_GUILD : DC_CONTEXT_UNKNOWN;
}

static int read_place(struct dc_interaction *i, const cJSON *tree, struct arena *a)
{
    const cJSON *owners = json_object(tree, "authorizing_integration_owners");
    const cJSON *channel = json_object(tree, "channel");
    int rc = wire_id(&i->guild_id, tree, "guild_id", a);

    if (!rc)
        rc = wire_id(&i->channel_id, tree, "channel_id", a);
    i->in_thread = wire_is_thread(channel);
    if (!rc && i->in_thread)
        rc = wire_id(&i->parent_id, channel, "parent_id", a);
    i->context = context_of(i, tree);
    i->user_install = json_text(owners, OWNER_USER, "")[0] && !json_text(owners, OWNER_GUILD, "")[0];
    return rc;
}

/* 0, X_E_INVALID, -ENOMEM. */
static int read_head(struct dc_interaction *i, const cJSON *tree, struct arena *a)
{
    int64_t type = json_int(tree, "type");
    int rc = wire_id(&i->id, tree, "id", a);

    if (!rc)
        rc = wire_id(&i->application_id, tree, "application_id", a);
    if (!rc)
        rc = wire_text(&i->token, tree, "token", DC_TOKEN_MAX, a);
    if (rc)
        return rc;
    if (type < DC_PING || type > DC_MODAL || !i->id[0] || !i->application_id[0] || !i->token[0])
        return X_E_INVALID;
    i->type = (enum dc_interaction_type)type;
    return 0;
}

static const struct dc_interaction nothing = {
    .id = "",
    .application_id = "",
    .token = "",
    .user_id = "",
    .guild_id = "",
    .channel_id = "",
    .parent_id = "",
    .locale = "",
    .guild_locale = "",
    .context = DC_CONTEXT_UNKNOWN,
    .command = "",
    .group = "",
    .sub = "",
    .custom_id = "",
    .message_id = "",
    .message_owner = "",
    .target = { .id = "",
                .channel_id = "",
                .guild_id = "",
                .author_id = "",
                .text = "",
                .reply_to = "",
                .parent_id = "" },
};

static int read_all(struct dc_interaction *i, const cJSON *tree, const struct dc_me *me, struct arena *a,
                    struct err *err)
{
    int rc = read_head(i, tree, a);

    if (!rc)
        rc = read_place(i, tree, a);
    if (!rc)
        rc = read_person(i, tree, a);
    if (!rc && i->type != DC_PING && (!i->user_id[0] || !i->channel_id[0]))
        rc = X_E_INVALID;
    return rc ? rc : read_data(i, tree, me, a, err);
}

int dc_interaction_read(struct str data, const struct dc_me *me, struct arena *a, struct dc_interaction *out,
                        struct err *err)
{
    cJSON *tree;
    int rc = wire_parse(&tree, data, err);

    *out = nothing;
    if (rc)
        return rc;
    rc = read_all(out, tree, me, a, err);
    cJSON_Delete(tree);
    if (rc == X_E_INVALID)
        return err_set(err, rc, "an interaction without type, id, token, channel or user");
    if (rc == X_E_LIMIT)
        return err_set(err, rc, "a text of the interaction is longer than %d bytes", MESSAGE_TEXT_MAX);
    return rc ? err_set(err, rc, "out of memory") : 0;
}

const struct dc_option *dc_option_of(const struct dc_interaction *i, const char *name)
{
    for (size_t n = 0; n < i->options; n++)
        if (strcmp(i->option[n].name, name) == 0)
            return &i->option[n];
    return NULL;
}
