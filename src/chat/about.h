/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody asks about themselves, from the JSON of host->person to words. Pure; any thread.
 */
#ifndef CHAT_ABOUT_H
#define CHAT_ABOUT_H

#include <parley/store.h>

#include "base/str.h"

/* rc and json as host->person gave them; trouble is said in words too. */
void chat_about(struct buf *out, const char *lang, enum person_what what, int rc, const char *json);

#endif
