/* SPDX-License-Identifier: Apache-2.0
 *
 * parley doctor: is this installation able to serve, and if not, what should be done? Looks, changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "base/match.h"
#include "cli/cli.h"
#include "conf/snapshot.h"
#include "knowledge/knowledge.h"

#define FREE_MIN_MIB 256

enum finding { FINE, ADVICE, BROKEN };

struct doctor {
    struct jsonw w;
    struct buf out;
    bool json;
    enum finding worst;
};

static const char *const finding_name[] = { [FINE] = "ok", [ADVICE] = "advice", [BROKEN] = "broken" };

static void X_PRINTF(4, 5) say(struct doctor *d, enum finding f, const char *what, const char *fmt, ...)
{
    char text[512];
    __builtin_va_list ap;
    __builtin_va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    __builtin_va_end(ap);
    if (f > d->worst)
        d->worst = f;
    if (!d->json) {
        printf("%-7s %-12s %s\n", finding_name[f], what, text);
        return;
    }
    jw_obj(&d->w, NULL);
    jw_text(&d->w, "check", what);
    jw_text(&d->w, "status", finding_name[f]);
    jw_text(&d->w, "detail", text);
    jw_end_obj(&d->w);
}

static void look_at_state(struct doctor *d, const char *dir)
{
    struct stat st;
    struct statvfs fs;
    if (stat(dir, &st) < 0) {
        say(d, errno == ENOENT ? ADVICE : BROKEN, "state", "%s: %s%s", dir, strerror(errno),
            errno == ENOENT ? " (made at the first start)" : "");
        return;
    }
    if (access(dir, R_OK | W_OK | X_OK) < 0)
        say(d, BROKEN, "state", "%s: not writable by this user", dir);
    else if (st.st_mode & 077)
        say(d, ADVICE, "state", "%s: readable by others (mode %03o); chmod 700 it", dir, st.st_mode & 0777);
    else
        say(d, FINE, "state", "%s", dir);
    if (statvfs(dir, &fs) == 0) {
        unsigned long long mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
        say(d, mib < FREE_MIN_MIB ? ADVICE : FINE, "disk", "%llu MiB free", mib);
    }
}

static void look_at_knowledge(struct doctor *d, const char *dir)
{
    struct knowledge *k = NULL;
    struct knowledge_reader *r = NULL;
    struct knowledge_stats s = { 0 };
    struct err err = { "" };
    int rc = knowledge_open(&k, dir, &embedder_hash, &vindex_faiss, &err);
    if (rc == 0)
        rc = knowledge_reader_open(&r, k, &err);
    if (rc == 0)
        rc = knowledge_stats(r, &s, &err);
    if (rc)
        say(d, BROKEN, "knowledge", "%s", err.text);
    else if (s.chunks == 0)
        say(d, ADVICE, "knowledge", "no documents yet: parley index DIR");
    else
        say(d, FINE, "knowledge", "%lld documents, %lld chunks", (long long)s.documents, (long long)s.chunks);
    if (r)
        knowledge_reader_close(r);
    if (k)
        knowledge_close(k);
}

static void look_at_providers(struct doctor *d, const struct config *c)
{
    for (size_t i = 0; i < c->llm.n; i++) {
        const struct config_provider *p = &c->llm.at[i];
        say(d, FINE, "provider", "%s%s%s%s%s", p->name, p->model[0] ? " " : "", p->model,
            p->base_url[0] ? " at " : "", p->base_url);
    }
    if (c->llm.n <= 1)
        say(d, ADVICE, "provider",
            "no API key: answers are quoted from your documents (set OPENAI_API_KEY or "
            "llm.openai.api_key_file for written ones)");
}

static void look(struct doctor *d, struct cli *cli)
{
    struct snapshot *snap = NULL;
    struct err err = { "" };
    if (snapshot_load(&snap, &cli->source, &err)) {
        say(d, BROKEN, "config", "%s", err.text);
        return;
    }
    say(d, FINE, "config", "policies %s", policies_version(snap->policies));
    look_at_state(d, snap->config->state.dir);
    look_at_knowledge(d, snap->config->state.dir);
    look_at_providers(d, snap->config);
    say(d, FINE, "regex",
        match_jit_available() ? "PCRE2 with JIT" : "PCRE2 without JIT (slower, still bounded)");
    snapshot_unref(snap);
}

int cmd_doctor(struct cli *cli)
{
    struct doctor d = { .out = BUF_INIT(1U << 20), .json = cli->json };
    jw_begin(&d.w, &d.out);
    jw_arr(&d.w, NULL);
    look(&d, cli);
    jw_end_arr(&d.w);
    if (d.json)
        puts(buf_text(&d.out));
    buf_free(&d.out);
    return d.worst == BROKEN ? EX_UNAVAILABLE : EX_OK;
}
