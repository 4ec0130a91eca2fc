/* SPDX-License-Identifier: Apache-2.0
 *
 * An interaction from the gateway or from a call to the endpoint, which anybody can send: the signature is
 * looked at first, over the same bytes. Whatever is taken has what an answer needs.
 */
#include "adapters/discord/wire_rest.h"
#include "tests/fuzz/dc_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dc_me me = { .user_id = "300000000000000001", .application_id = "300000000000000001" };

static void check_options(const struct dc_interaction *i)
{
    must(i->options <= DC_LIST_MAX, "options have a limit");
    for (size_t n = 0; n < i->options; n++) {
        const struct dc_option *o = &i->option[n];

        check_text(o->name, 128);
        check_trimmed(o->text, MESSAGE_TEXT_MAX);
        must(o->name[0] && o->type >= DC_STRING && o->type <= DC_ATTACHMENT,
             "an option has a name and a type");
        must(dc_option_of(i, o->name) != NULL, "and is found by it");
    }
}

static void check_place(const struct dc_interaction *i)
{
    check_id(i->guild_id);
    check_id(i->channel_id);
    check_id(i->parent_id);
    check_id(i->message_id);
    check_id(i->message_owner);
    check_roles(i->role, i->roles);
    must(i->permissions >= 0, "permissions are bits");
    must(i->context >= DC_CONTEXT_UNKNOWN && i->context <= DC_CONTEXT_PRIVATE, "a context is known or not");
    must(i->parent_id[0] == '\0' || i->in_thread, "only a thread has a parent");
}

static void check_interaction(const struct dc_interaction *i)
{
    struct dc_route r;

    must(i->type >= DC_PING && i->type <= DC_MODAL, "a type is known");
    must(dc_id_ok(i->id) && dc_id_ok(i->application_id) && i->token[0], "an answer has a way back");
    must(i->type == DC_PING || (dc_id_ok(i->user_id) && dc_id_ok(i->channel_id)),
         "somebody did it somewhere");
    check_text(i->token, DC_TOKEN_MAX);
    check_text(i->locale, 35);
    check_text(i->guild_locale, 35);
    check_text(i->command, 128);
    check_text(i->group, 128);
    check_text(i->sub, 128);
    check_text(i->custom_id, 400);
    check_place(i);
    check_options(i);
    must(i->values <= DC_LIST_MAX, "values have a limit");
    for (size_t n = 0; n < i->values; n++)
        check_text(i->value[n], 400);
    if (i->has_target)
        check_message(&i->target, false);
    must(dc_route(&r, DC_CALL_CALLBACK, i->id, i->token, NULL) != 0 || strlen(r.path) < sizeof r.path,
         "a way back is a path");
}

static void check_signature(const uint8_t *data, size_t size)
{
    char key[65], signature[129], timestamp[24];
    struct dc_signature s = { key, signature, timestamp };
    struct err err = { "" };

    snprintf(key, sizeof key, "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c");
    snprintf(signature, sizeof signature, "%.*s", (int)(size < 128 ? size : 128), (const char *)data);
    snprintf(timestamp, sizeof timestamp, "%.*s", (int)(size < 23 ? size : 23), (const char *)data);
    must(dc_signature_check(&s, data, size, 1700000000, 300, &err) == X_E_DENIED && err.text[0],
         "nobody has the key");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dc_interaction i;
    struct err err = { "" };
    struct arena a;
    int rc;

    check_signature(data, size);
    arena_init(&a, 8U << 20);
    rc = dc_interaction_read((struct str){ (const char *)data, size }, &me, &a, &i, &err);
    must(rc == 0 || err.text[0], "a refusal says why");
    if (rc == 0 || rc == X_E_LIMIT)
        check_interaction(&i);
    arena_wipe(&a);
    return 0;
}
