/* SPDX-License-Identifier: Apache-2.0
 *
 * The Telegram adapter (Bot API 10.1). Its keys are telegram.* in the configuration; without a token it is
 * off.
 */
#ifndef TELEGRAM_TELEGRAM_H
#define TELEGRAM_TELEGRAM_H

#include <parley/adapter.h>

extern const struct adapter_ops adapter_telegram;

#endif
