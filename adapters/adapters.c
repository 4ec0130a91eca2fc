/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapters of `parley serve`, in the order in which they open. A new one is a line here. The loopback
 * adapter is not among them: `parley ask` and the tests name it themselves.
 */
#include "adapters/adapters.h"

#include "adapters/discord/discord.h"
#include "adapters/telegram/telegram.h"
#include "adapters/web/web.h"

const struct adapter_ops *const adapters_all[] = {
    &adapter_web,
    &adapter_telegram,
    &adapter_discord,
};

const size_t adapters_count = ARRAY_LEN(adapters_all);
