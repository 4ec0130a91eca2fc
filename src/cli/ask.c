/* SPDX-License-Identifier: Apache-2.0
 *
 * parley ask "...": one message through the same pipeline in this process. When a daemon holds the state
 * directory, the message goes through a temporary database; keys and documents are still those of the state.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapters/loopback/loopback.h"
#include "base/json.h"
#include "cli/cli.h"
#include "gateway/gateway.h"

struct asking {
    struct cli *cli;
    struct gateway *gateway;
    bool spoken;
    int code;
};

static int on_sentence(void *ctx, const char *tag X_UNUSED, const char *text, size_t len)
{
    struct asking *q = ctx;
    if (!q->cli->json) {
        fwrite(text, 1, len, stdout);
        fflush(stdout);
        q->spoken = true;
    }
    return 0;
}

static void on_restart(void *ctx, const char *tag X_UNUSED)
{
    struct asking *q = ctx;
    if (!q->cli->json && q->spoken)
        fputs("\n(that provider broke off; asking the next one)\n\n", stdout);
}

static void print_sources(const cJSON *body)
{
    const cJSON *s, *list = cJSON_GetObjectItemCaseSensitive(body, "sources");
    if (cJSON_GetArraySize(list))
        puts("\nSources:");
    cJSON_ArrayForEach(s, list) printf("  [%d] %s (%s)\n", (int)json_number(s, "n", 0),
                                       json_text(s, "title", ""), json_text(s, "source", ""));
}

static void on_answered(void *ctx, const char *tag X_UNUSED, const char *answer_json, bool after_restart)
{
    struct asking *q = ctx;
    cJSON *body = NULL;
    if (after_restart)
        return; /* of an earlier ask that was killed */
    if (json_parse(&body, answer_json, strlen(answer_json), NULL) == 0)
        q->code = strcmp(json_text(body, "code", "ok"), "ok") == 0 ? EX_OK : EX_UNAVAILABLE;
    if (q->cli->json) {
        puts(answer_json);
    } else {
        if (!q->spoken)
            fputs(json_text(body, "answer", ""), stdout);
        putchar('\n');
        print_sources(body);
        const cJSON *m = cJSON_GetObjectItemCaseSensitive(body, "metadata");
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(body, "validation");
        if (!q->cli->quiet)
            fprintf(stderr, "\n%s, confidence %d/100, %d ms\n", json_text(m, "provider", "no model"),
                    (int)json_number(v, "confidence_score", 0), (int)json_number(m, "response_time_ms", 0));
    }
    cJSON_Delete(body);
    gateway_drain(q->gateway);
}

static void on_no(void *ctx, const char *tag X_UNUSED, const struct refusal *why)
{
    struct asking *q = ctx;
    fprintf(stderr, "parley: %s: %s\n", why->code, why->message);
    q->code = EX_TEMPFAIL;
    gateway_drain(q->gateway);
}

static void on_ready(void *ctx, struct gateway *g)
{
    struct asking *q = ctx;
    const struct loopback_ear ear = { .ctx = q,
                                      .sentence = on_sentence,
                                      .restart = on_restart,
                                      .answered = on_answered,
                                      .refused = on_no,
                                      .failed = on_no };
    struct adapter *a = gateway_adapter(g, "loopback");
    const struct loopback_message m = {
        .tag = "ask", .text = q->cli->arg[0], .user = "cli", .locale = getenv("LANG")
    };
    q->gateway = g;
    loopback_listen(a, &ear);
    if (loopback_say(a, &m)) {
        q->code = EX_OSERR;
        gateway_drain(g);
    }
}

static void remove_dir(const char *dir)
{
    static const char *const file[] = { "parley.db", "parley.db-wal", "parley.db-shm", "lock",
                                        "cache.db",  "cache.db-wal",  "cache.db-shm" };
    for (size_t i = 0; i < ARRAY_LEN(file); i++) {
        char path[4096];
        if (snprintf(path, sizeof path, "%s/%s", dir, file[i]) < (int)sizeof path)
            unlink(path);
    }
    rmdir(dir);
}

int cmd_ask(struct cli *cli)
{
    static const struct adapter_ops *const only_loopback[] = { &adapter_loopback };
    struct asking q = { .cli = cli };
    struct err err = { "" };
    char aside[] = "/tmp/parley-ask-XXXXXX";
    const char *set[CLI_SETS_MAX + 2] = { "log.level=warn", "tiers.default=ENTERPRISE" };
    memcpy(set + 2, cli->set, cli->source.sets * sizeof *set);
    struct gateway_conf conf = {
        .source = cli->source, .adapter = only_loopback, .adapters = 1, .ready = on_ready, .ctx = &q
    };
    conf.source.set = set;
    conf.source.sets += 2;
    struct gateway *g = NULL;
    int rc = gateway_open(&g, &conf, &err);
    bool used_aside = rc == X_E_BUSY && mkdtemp(aside);
    if (used_aside) {
        conf.store_dir = aside;
        rc = gateway_open(&g, &conf, &err);
    }
    if (rc == 0)
        rc = gateway_run(g);
    if (used_aside)
        remove_dir(aside);
    return rc ? cli_fail(rc, "%s", err.text) : q.code;
}
