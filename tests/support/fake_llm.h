/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider that misbehaves on purpose: a thread that answers one connection after the
 * other from a script. Bodies go out in HTTP chunks, and curl hands each chunk to its
 * reader apart, so a test decides exactly where an answer is split.
 */
#ifndef TESTS_SUPPORT_FAKE_LLM_H
#define TESTS_SUPPORT_FAKE_LLM_H

#include <pthread.h>
#include <stdatomic.h>

#include <parley/base.h>

#define FAKE_REQUEST_BYTES 65536
#define FAKE_FLOOD_BYTES   (5LL << 30)

enum fake_end {
    FAKE_WHOLE, /* the last chunk, then close */
    FAKE_CUT,   /* close without the last chunk */
    FAKE_RESET, /* RST instead of FIN */
    FAKE_HANG,  /* say no more until the client goes or the test ends */
    FAKE_FLOOD, /* the body over and over, up to FAKE_FLOOD_BYTES */
};

struct fake_reply {
    const char *status; /* NULL = "200 OK" */
    const char *type;   /* NULL = "text/event-stream" */
    const char *header; /* more lines, each with CRLF, or NULL */
    const char *body;   /* NULL = none; "" sends the head alone */
    size_t len;         /* 0 = strlen(body) */
    size_t piece;       /* bytes per chunk, 0 = all */
    size_t split;       /* one cut here, 0 = none */
    int drip_ms;        /* between chunks */
    enum fake_end end;
    bool silent; /* not even a head */
};

struct fake_llm {
    int listener, stop[2], port;
    pthread_t thread;
    const struct fake_reply *reply; /* the last one repeats */
    size_t replies;
    atomic_size_t served;
    atomic_llong sent_bytes;
    char request[FAKE_REQUEST_BYTES]; /* head and body of the last one; read it after its answer */
};

int fake_llm_start(struct fake_llm *f, const struct fake_reply *reply, size_t replies);
void fake_llm_stop(struct fake_llm *f);

#endif
