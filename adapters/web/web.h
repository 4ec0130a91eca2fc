/* SPDX-License-Identifier: Apache-2.0
 *
 * The web adapter: POST /api/v1/chat (alias /api/chat) with a JSON answer or an event stream, websocket
 * /api/v1/ws with the same events, health, metrics and the demo page.
 */
#ifndef ADAPTERS_WEB_WEB_H
#define ADAPTERS_WEB_WEB_H

#include <parley/adapter.h>

extern const struct adapter_ops adapter_web;

#endif
