/* SPDX-License-Identifier: Apache-2.0
 *
 * What every floor may do to a turn. The codes are constants of the program, so the
 * list keeps the pointers.
 */
#include <parley/turn.h>

#include <string.h>

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
