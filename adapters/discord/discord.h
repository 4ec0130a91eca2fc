/* SPDX-License-Identifier: Apache-2.0
 *
 * The Discord adapter (API v10): gateway or signed interactions by HTTP. Its keys are discord.* in the
 * configuration; without a token it is off.
 */
#ifndef DISCORD_DISCORD_H
#define DISCORD_DISCORD_H

#include <parley/adapter.h>

extern const struct adapter_ops adapter_discord;

#endif
