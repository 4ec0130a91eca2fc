/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as a websocket URL. What is taken must be safe in a request head and read the same again when it
 * is written out: nobody else may find another host, port or path in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/ws_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_be_visible(const char *text, const char *but)
{
    must(text[0] != '\0');
    for (; *text; text++)
        must(*text > ' ' && *text <= '~' && !strchr(but, *text));
}

static void must_read_the_same(const struct ws_url *u)
{
    char text[sizeof(u->host_port) + sizeof(u->path) + 8];
    struct ws_url again;
    snprintf(text, sizeof(text), "%s://%s%s", u->tls ? "wss" : "ws", u->host_port, u->path);
    must(ws_url_parse(&again, text, NULL) == 0 || strlen(u->path) > WS_PATH_MAX);
    must(strlen(u->path) > WS_PATH_MAX || (again.tls == u->tls && again.port == u->port &&
                                           !strcmp(again.host, u->host) && !strcmp(again.path, u->path)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_url u;
    struct err err = { "" };
    char *text = malloc(size + 1);
    must(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (ws_url_parse(&u, text, &err) == 0) {
        must_be_visible(u.host, "/?#@[]\\%");
        must_be_visible(u.host_port, "/?#@\\%");
        must_be_visible(u.path, "#");
        must(u.path[0] == '/' && u.port >= 1 && u.port <= 65535);
        must_read_the_same(&u);
    } else {
        must(err.text[0] != '\0');
    }
    free(text);
    return 0;
}
