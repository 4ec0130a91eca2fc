/* SPDX-License-Identifier: Apache-2.0
 *
 * Who frees: the thread that finds its lookup abandoned, else the task on the loop. Both look under the lock,
 * and the thread posts under it too: once resolve_cancel returned, an unposted lookup never touches the loop
 * again, which may be gone before the resolver answers.
 */
#include "io/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (256U << 10) /* getaddrinfo loads modules and keeps packets on the stack */

struct resolve {
    struct task task;
    struct loop *loop;
    void (*done)(void *ctx, const struct resolve_answer *a);
    void *ctx;
    pthread_mutex_t lock;
    bool abandoned, posted; /* under the lock */
    struct resolve_answer answer;
    char host[];
};

static atomic_int running;

static void resolve_free(struct resolve *r)
{
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void on_task(struct task *t)
{
    struct resolve *r = CONTAINER_OF(t, struct resolve, task);
    pthread_mutex_lock(&r->lock); /* the thread may still hold it */
    bool wanted = !r->abandoned;
    pthread_mutex_unlock(&r->lock);
    if (wanted)
        r->done(r->ctx, &r->answer);
    resolve_free(r);
}

static void take(struct resolve_answer *a, const struct addrinfo *from)
{
    const void *bytes = NULL;
    if (from->ai_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)from->ai_addr)->sin_addr;
    else if (from->ai_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)from->ai_addr)->sin6_addr;
    if (bytes && a->n < RESOLVE_ADDRESSES_MAX &&
        inet_ntop(from->ai_family, bytes, a->ip[a->n], RESOLVE_IP_MAX))
        a->n++;
}

static void ask(struct resolve *r)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int bad = getaddrinfo(r->host, NULL, &hints, &found);
    for (const struct addrinfo *at = found; !bad && at; at = at->ai_next)
        take(&r->answer, at);
    if (!bad)
        freeaddrinfo(found);
    r->answer.why = bad ? gai_strerror(bad) : "no address";
}

static void *thread_main(void *ctx)
{
    struct resolve *r = ctx;
    ask(r);
    atomic_fetch_sub(&running, 1);
    pthread_mutex_lock(&r->lock);
    bool abandoned = r->abandoned;
    r->posted = true;
    if (!abandoned)
        loop_post(r->loop, &r->task);
    pthread_mutex_unlock(&r->lock);
    if (abandoned)
        resolve_free(r);
    return NULL;
}

static int spawn(struct resolve *r)
{
    pthread_attr_t attr;
    pthread_t thread;
    int bad = pthread_attr_init(&attr);
    if (bad)
        return -bad;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    bad = pthread_create(&thread, &attr, thread_main, r);
    pthread_attr_destroy(&attr);
    return -bad;
}

int resolve_start(struct resolve **out, struct loop *l, const char *host,
                  void (*done)(void *ctx, const struct resolve_answer *a), void *ctx)
{
    size_t len = strlen(host) + 1;
    struct resolve *r = calloc(1, sizeof(*r) + len);
    if (!r)
        return -ENOMEM;
    *r = (struct resolve){ .task = { .run = on_task }, .loop = l, .done = done, .ctx = ctx };
    memcpy(r->host, host, len);
    pthread_mutex_init(&r->lock, NULL);
    int bad = atomic_fetch_add(&running, 1) < RESOLVE_RUNNING_MAX ? spawn(r) : X_E_LIMIT;
    if (!bad) {
        *out = r;
        return 0;
    }
    atomic_fetch_sub(&running, 1);
    resolve_free(r);
    return bad;
}

void resolve_cancel(struct resolve *r)
{
    pthread_mutex_lock(&r->lock);
    r->abandoned = true;
    pthread_mutex_unlock(&r->lock); /* from here on the thread, or the task, may free it at any time */
}
