/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of wire.h share.
 */
#ifndef TELEGRAM_WIRE_IMPL_H
#define TELEGRAM_WIRE_IMPL_H

#include "adapters/telegram/wire.h"
#include "base/json.h"
#include "base/json_span.h"

/* Text or caption, mention and command of a message into `u`. *has: there is one, be it only a mention of us.
 * 0, X_E_LIMIT (longer than MESSAGE_TEXT_MAX), -ENOMEM. */
int wire_words(struct tg_update *u, bool *has, const cJSON *message, const struct tg_me *me, struct arena *a);

#endif
