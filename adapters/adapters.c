/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/adapters.h"

#include "adapters/web/web.h"

const struct adapter_ops *const adapters_all[] = {
    &adapter_web,
};

const size_t adapters_count = ARRAY_LEN(adapters_all);
