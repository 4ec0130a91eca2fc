/* SPDX-License-Identifier: Apache-2.0
 *
 * What the daemon of this configuration says of itself, when one is running.
 */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include "base/json.h"
#include "conf/config.h"

/* Its health page, NULL when nobody answers within a second. Caller cJSON_Deletes. Blocks. */
cJSON *daemon_health(const struct config *conf);
/* The component of that name ("llm.openai") in it, or NULL. */
const cJSON *daemon_component(const cJSON *health, const char *name);

#endif
