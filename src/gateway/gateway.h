/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway owns everything that runs: loop, pool, store, providers, adapters, and the turns in
 * flight. `parley serve`, `parley ask` and the tests are three ways to start the same thing.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <parley/adapter.h>

#include "conf/config.h"

#define GATEWAY_ADAPTERS_MAX 8
#define GATEWAY_WAITING_MAX  3 /* messages of one conversation behind the active one */

struct gateway;

struct gateway_conf {
    struct config_source source; /* kept for reloads: its strings must outlive the gateway */
    const struct adapter_ops *const *adapter;
    size_t adapters;
    bool listen;           /* open the HTTP server */
    bool signals;          /* SIGTERM, SIGINT drain; a second one exits; SIGHUP reloads */
    const char *store_dir; /* NULL = state.dir; knowledge and keys always come from state.dir */
    void (*ready)(void *ctx,
                  struct gateway *g); /* loop thread, once, after recovery has begun; may be NULL */
    void *ctx;
};

/* Everything is open and listening when it returns 0; nothing runs before gateway_run. Errors as
 * config_load, plus X_E_BUSY (another process holds the state directory or the address). */
int gateway_open(struct gateway **out, const struct gateway_conf *conf, struct err *err);
/* Runs until drained; 0, or -EIO when the loop could not be closed cleanly. Frees the gateway. */
int gateway_run(struct gateway *g);
/* Loop thread. Stop intake, finish or give back what runs (drain_ms), persist, return from gateway_run. */
void gateway_drain(struct gateway *g);
/* Loop thread. All or nothing: on an error the old configuration stays. */
int gateway_reload(struct gateway *g, struct err *err);
struct host *gateway_host(struct gateway *g);
const struct snapshot *gateway_snapshot(const struct gateway *g);
int gateway_port(const struct gateway *g); /* 0 = not listening */
/* The n-th adapter that opened, or NULL. */
struct adapter *gateway_adapter(struct gateway *g, const char *name);

#endif
