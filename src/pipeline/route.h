/* SPDX-License-Identifier: Apache-2.0
 *
 * How near a provider's class is to the one a question wants. Pure; any thread.
 */
#ifndef PIPELINE_ROUTE_H
#define PIPELINE_ROUTE_H

#include "conf/config.h"
#include "conf/routing.h"

#define ROUTE_RANKS ROUTE_CLASSES /* ranks are 0 .. ROUTE_RANKS - 1 */

/* 0 = the wanted class (or a provider for all, or the one the bot is tied to), 1 and 2 further off; -1 = not
 * for this tier, or the bot is tied to another. */
int route_rank(const struct routing *p, const char *bot, enum tier tier, enum route_class wanted,
               const struct config_provider *c);

#endif
