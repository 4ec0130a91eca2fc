/* SPDX-License-Identifier: Apache-2.0
 *
 * parley search "...": what the pipeline's retrieve stage would find.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/utf.h"
#include "cli/cli.h"
#include "conf/config.h"
#include "knowledge/knowledge.h"

#define PREVIEW_BYTES 160

static void print_text(const struct turn_passages *p)
{
    for (size_t i = 0; i < p->len; i++) {
        const struct passage *at = &p->at[i];
        struct str text = str_of(at->text);
        printf("%2zu. %.3f  %s (%s)\n    ", i + 1, at->score, at->title, at->source);
        size_t n = utf8_floor(text.at, text.len, PREVIEW_BYTES);
        for (size_t k = 0; k < n; k++)
            putchar(text.at[k] == '\n' ? ' ' : text.at[k]);
        puts(n < text.len ? "..." : "");
    }
    if (p->len == 0)
        puts("nothing found");
}

static void print_json(const struct turn_passages *p)
{
    struct buf out = BUF_INIT(1U << 20);
    struct jsonw w;
    jw_begin(&w, &out);
    jw_arr(&w, NULL);
    for (size_t i = 0; i < p->len; i++) {
        jw_obj(&w, NULL);
        jw_int(&w, "n", (int64_t)i + 1);
        jw_num(&w, "score", p->at[i].score, 4);
        jw_text(&w, "title", p->at[i].title);
        jw_text(&w, "source", p->at[i].source);
        jw_text(&w, "text", p->at[i].text);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    puts(buf_text(&out));
    buf_free(&out);
}

static int search(struct cli *cli, const struct config *config, struct err *err)
{
    struct knowledge *k = NULL;
    struct knowledge_reader *r = NULL;
    struct arena arena;
    struct turn_passages found = { 0 };
    arena_init(&arena, TURN_ARENA_BYTES);
    int rc = knowledge_open(&k, config->state.dir, &embedder_hash, &vindex_faiss, err);
    if (rc == 0)
        rc = knowledge_reader_open(&r, k, err);
    if (rc == 0)
        rc = knowledge_search(r, cli->arg[0], (size_t)(cli->top_k ? cli->top_k : config->knowledge.top_k),
                              &arena, &found, err);
    if (rc == 0 && cli->json)
        print_json(&found);
    else if (rc == 0)
        print_text(&found);
    if (r)
        knowledge_reader_close(r);
    if (k)
        knowledge_close(k);
    arena_wipe(&arena);
    return rc;
}

int cmd_search(struct cli *cli)
{
    struct config *config = NULL;
    struct err err = { "" };
    int rc = config_load(&config, &cli->source, &err);
    if (rc == 0)
        rc = search(cli, config, &err);
    config_free(config);
    return rc ? cli_fail(rc, "%s", err.text) : 0;
}
