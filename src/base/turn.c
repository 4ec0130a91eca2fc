/* SPDX-License-Identifier: Apache-2.0
 *
 * What every floor may ask of a turn and do to it. Warning codes are constants of the program, so the
 * list keeps the pointers.
 */
#include <parley/turn.h>

#include <string.h>

const char *tier_name(enum tier t)
{
    static const char *const name[TIER_COUNT] = { "FREE", "PRO", "ENTERPRISE" };

    return name[t];
}

const char *route_class_name(enum route_class c)
{
    static const char *const name[ROUTE_CLASSES] = { "cheap", "balanced", "research" };

    return name[c];
}

void turn_warn(struct turn *t, const char *code)
{
    struct turn_validation *v = &t->validation;

    for (size_t i = 0; i < v->warnings; i++) {
        if (strcmp(v->warning[i], code) == 0)
            return;
    }
    if (v->warnings < TURN_WARNINGS_MAX)
        v->warning[v->warnings++] = code;
}
