/* SPDX-License-Identifier: Apache-2.0
 *
 * What a close of the gateway means (Discord, Gateway Close Event Codes). A code that nobody knows, none at
 * all, and the codes of proxies and firewalls are a cut line: the session is tried, and if it is over Discord
 * says so. 1000 and 1001 end a session only when they come from us.
 */
#include "adapters/discord/wire.h"

static const struct dc_close close_table[] = {
    { 4000, DC_THEN_RESUME, "Discord had an unknown error" },
    { 4001, DC_THEN_RESUME, "Discord did not know an opcode that was sent" },
    { 4002, DC_THEN_RESUME, "Discord could not read a frame that was sent" },
    { 4003, DC_THEN_RESUME, "something was sent before the session had begun" },
    { 4004, DC_THEN_STOP,
      "Discord does not accept the bot token: copy it again from the developer portal, page Bot" },
    { 4005, DC_THEN_RESUME, "the session was begun twice on one connection" },
    { 4007, DC_THEN_IDENTIFY, "the sequence to resume at was wrong" },
    { 4008, DC_THEN_RESUME, "frames were sent too fast" },
    { 4009, DC_THEN_IDENTIFY, "the session timed out" },
    { 4010, DC_THEN_STOP, "the shard is not valid: it must be below the number of shards" },
    { 4011, DC_THEN_STOP,
      "the bot is in too many servers for one connection: more shards are needed in the configuration" },
    { 4012, DC_THEN_STOP, "Discord no longer speaks version 10 of its gateway: a newer Parley is needed" },
    { 4013, DC_THEN_STOP, "Discord does not know an intent that was asked for: a newer Parley is needed" },
    { 4014, DC_THEN_STOP,
      "a privileged intent is not allowed: switch on Message Content Intent in the developer portal, page "
      "Bot, "
      "or do without it in the configuration" },
};

static const struct dc_close cut_line = { 0, DC_THEN_RESUME, "the connection was cut" };

const struct dc_close *dc_close_of(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(close_table); i++)
        if (close_table[i].code == code)
            return &close_table[i];
    return &cut_line;
}
