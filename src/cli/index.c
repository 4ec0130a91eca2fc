/* SPDX-License-Identifier: Apache-2.0
 *
 * parley index DIR: brings the index up to date with a folder.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "conf/config.h"
#include "knowledge/knowledge.h"

#define BAR_WIDTH 30

struct indexing {
    bool bar, quiet;
};

static void on_progress(void *ctx, const struct knowledge_progress *p)
{
    const struct indexing *i = ctx;
    char bar[BAR_WIDTH + 1];
    if (!i->bar)
        return;
    size_t full = p->total ? BAR_WIDTH * p->done / p->total : BAR_WIDTH;
    memset(bar, '#', full);
    memset(bar + full, '.', BAR_WIDTH - full);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K[%s] %zu/%zu %.40s", bar, p->done, p->total, p->path ? p->path : "");
    if (p->done == p->total)
        fputs("\r\033[K", stderr);
}

static void on_failed(void *ctx, const char *path, const char *why)
{
    const struct indexing *i = ctx;
    fprintf(stderr, "%sparley: %s: %s (skipped)\n", i->bar ? "\r\033[K" : "", path, why);
}

static void print_report(const struct cli *cli, const struct knowledge_report *r)
{
    if (!cli->json) {
        printf("%zu files: %zu added, %zu changed, %zu unchanged, %zu removed, %zu failed; %zu chunks; %lld "
               "ms\n",
               r->files, r->added, r->changed, r->unchanged, r->removed, r->failed, r->chunks,
               (long long)r->took_ms);
        return;
    }
    struct buf out = BUF_INIT(4096);
    struct jsonw w;
    jw_begin(&w, &out);
    jw_obj(&w, NULL);
    jw_int(&w, "files", (int64_t)r->files);
    jw_int(&w, "added", (int64_t)r->added);
    jw_int(&w, "changed", (int64_t)r->changed);
    jw_int(&w, "unchanged", (int64_t)r->unchanged);
    jw_int(&w, "removed", (int64_t)r->removed);
    jw_int(&w, "failed", (int64_t)r->failed);
    jw_int(&w, "chunks", (int64_t)r->chunks);
    jw_int(&w, "generation", r->generation);
    jw_int(&w, "took_ms", r->took_ms);
    jw_end_obj(&w);
    puts(buf_text(&out));
    buf_free(&out);
}

int cmd_index(struct cli *cli)
{
    struct config *config = NULL;
    struct knowledge_report report = { 0 };
    struct err err = { "" };
    struct indexing state = { .bar = !cli->quiet && !cli->json && cli_is_terminal(STDERR_FILENO),
                              .quiet = cli->quiet };
    int rc = config_load(&config, &cli->source, &err);
    if (rc)
        return cli_fail(rc, "%s", err.text);
    const char *dir = cli->args ? cli->arg[0] : config->knowledge.dir;
    if (!dir[0]) {
        config_free(config);
        return cli_fail(0, "which folder? parley index DIR, or set knowledge.dir"), EX_USAGE;
    }
    const struct knowledge_index_conf conf = { .state_dir = config->state.dir,
                                               .source_dir = dir,
                                               .embedder = &embedder_hash,
                                               .vindex = &vindex_faiss,
                                               .progress = on_progress,
                                               .failed = on_failed,
                                               .ctx = &state };
    rc = knowledge_index(&conf, &report, &err);
    config_free(config);
    if (rc)
        return cli_fail(rc, "%s", err.text);
    print_report(cli, &report);
    return report.failed ? EX_DATAERR : EX_OK;
}
