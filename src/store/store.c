/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer thread. A commit costs a flush of the disk and the pages it touched, so whatever is queued
 * shares one: the busier, the larger the batch. Alone, an operation waits for nobody; where the last batch
 * had company, the next waits STORE_LINGER_US for its own. done() of a whole batch travels to the loop as one
 * task, chained through op->next.
 *
 * Trouble stays with its cause: an op that breaks (not: that answers X_E_*) undoes its batch, which
 * is then run again one op per transaction, so that one bad op fails alone. A commit that breaks
 * (disk full, I/O error) fails every op of the batch; the thread goes on, since the next commit may
 * find room again. Which process may do all this is decided by flock(2) on DIR/lock, which the
 * kernel drops with the process, however it ends.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/str.h"

struct store {
    const struct store_ops *ops;
    struct store_db *db; /* the writer thread's, from open on */
    struct loop *loop;
    char *dir;
    int lock_fd;
    bool failing; /* writer: commits fail; said once, and once when it is over */
    bool busy;    /* writer: the last batch had company, so the next waits for some */

    uv_thread_t thread;
    uv_mutex_t lock; /* guards the rest of this block */
    uv_cond_t wake;
    struct store_op *head, **tail;
    size_t queued, wake_at; /* wake_at: as many wake the writer; 0 = it is not asleep */
    bool closing;

    _Atomic size_t waiting;
    _Atomic int64_t commits, ops_done;
};

struct batch {
    struct store_op *op[STORE_BATCH_MAX];
    size_t n;   /* taken */
    size_t ran; /* of these */
};

/* ---- writer thread ---- */

/* What is queued, as far as it fits; under the lock. */
static void batch_fill(struct store *s, struct batch *b)
{
    while (s->head && b->n < STORE_BATCH_MAX) {
        b->op[b->n++] = s->head;
        s->head = s->head->next;
        s->queued--;
    }
    if (!s->head)
        s->tail = &s->head;
    s->wake_at = 0;
}

/* Sleeps until there is something; false when there is not because the store closes. */
static bool batch_first(struct store *s, struct batch *b)
{
    uv_mutex_lock(&s->lock);
    s->wake_at = 1;
    while (!s->head && !s->closing)
        uv_cond_wait(&s->wake, &s->lock);
    batch_fill(s, b);
    uv_mutex_unlock(&s->lock);
    return b->n > 0;
}

/* Who had company has it soon again: such a batch waits for it, once, and is not woken by each that comes. */
static void batch_more(struct store *s, struct batch *b)
{
    uv_mutex_lock(&s->lock);
    if (s->busy && !s->closing && b->n + s->queued < STORE_BUSY_OPS) {
        s->wake_at = STORE_BUSY_OPS - b->n;
        uv_cond_timedwait(&s->wake, &s->lock, STORE_LINGER_US * 1000ULL);
    }
    batch_fill(s, b);
    uv_mutex_unlock(&s->lock);
}

static int op_apply(const struct store_ops *o, struct store_db *db, struct store_op *op)
{
    struct err *err = &op->err;
    switch (op->kind) {
    case STORE_INGEST:
        return o->ingest(db, &op->u.ingest.in, op->u.ingest.arena, &op->u.ingest.out, err);
    case STORE_CLAIM:
        return o->claim(db, &op->u.claim, err);
    case STORE_ANSWER:
        return o->answer(db, &op->u.answer, err);
    case STORE_RELEASE:
        return o->release(db, &op->u.release, err);
    case STORE_ATTEMPT_BEGIN:
        return o->attempt_begin(db, &op->u.attempt, err);
    case STORE_ATTEMPT_END:
        return o->attempt_end(db, &op->u.attempt, err);
    case STORE_PART_SET:
        return o->part_set(db, &op->u.part, err);
    case STORE_STATE:
        return o->state(db, &op->u.state, err);
    case STORE_PERSON:
        return o->person(db, &op->u.person, err);
    case STORE_FEEDBACK:
        return o->feedback(db, &op->u.feedback, err);
    case STORE_REAP:
        return o->reap(db, op->u.reap.now_ms, op->u.reap.notice_json, &op->u.reap.n, err);
    case STORE_PRUNE:
        return o->prune(db, op->u.prune.inbox_before_ms, op->u.prune.turn_before_ms, op->u.prune.most, err);
    case STORE_SET_TIER:
        return o->set_tier(db, op->u.set_tier.user_key, op->u.set_tier.tier, op->u.set_tier.now_ms, err);
    case STORE_CONSENT:
        return o->consent(db, op->u.consent.user_key, op->u.consent.version, op->u.consent.grant,
                          op->u.consent.channel, op->u.consent.now_ms, err);
    }
    return err_set(err, -EINVAL, "no such op: %d", (int)op->kind);
}

static void batch_fail(struct batch *b, int rc, const struct err *err)
{
    for (size_t i = 0; i < b->n; i++) {
        b->op[i]->rc = rc;
        b->op[i]->err = *err;
    }
}

static void health_note(struct store *s, const struct batch *b, int rc, const struct err *err)
{
    if (rc && !s->failing)
        log_error("store.failing", "error=%s ops=%zu err=\"%s\"", status_name(rc), b->n, err->text);
    else if (!rc && s->failing)
        log_info("store.recovered", "ops=%zu", b->n);
    s->failing = rc != 0;
}

static int batch_end(struct store *s, struct batch *b)
{
    struct err err = { "" };
    int rc = s->ops->commit(s->db, &err);
    if (rc) {
        s->ops->rollback(s->db);
        batch_fail(b, rc, &err);
    } else {
        atomic_fetch_add_explicit(&s->commits, 1, memory_order_relaxed);
    }
    health_note(s, b, rc, &err);
    return rc;
}

static int batch_begin(struct store *s, struct batch *b)
{
    struct err err = { "" };
    int rc = s->ops->begin(s->db, &err);
    if (rc) {
        batch_fail(b, rc, &err);
        health_note(s, b, rc, &err);
    }
    return rc;
}

/* Runs what was taken and not run; false when an op broke, with the transaction rolled back. */
static bool batch_apply(struct store *s, struct batch *b)
{
    while (b->ran < b->n) {
        struct store_op *op = b->op[b->ran++];
        op->rc = op_apply(s->ops, s->db, op);
        if (op->rc < 0) {
            s->ops->rollback(s->db);
            return false;
        }
    }
    return true;
}

/* One op broke and took the others down with it: each again, alone. */
static void batch_split(struct store *s, const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct batch one = { .op = { b->op[i] }, .n = 1 };
        if (batch_begin(s, &one) == 0 && batch_apply(s, &one))
            batch_end(s, &one);
        if (b->op[i]->rc < 0)
            log_warn("store.op_failed", "kind=%d error=%s err=\"%s\"", (int)b->op[i]->kind,
                     status_name(b->op[i]->rc), b->op[i]->err.text);
    }
}

static void batch_run(struct store *s, struct batch *b)
{
    if (batch_begin(s, b))
        return;
    bool whole = batch_apply(s, b);
    if (whole) {
        batch_more(s, b);
        whole = batch_apply(s, b);
    }
    s->busy = b->n >= STORE_BUSY_FROM;
    if (whole)
        batch_end(s, b);
    else
        batch_split(s, b);
}

/* Loop thread. An op may be gone, or submitted anew, once its done() has been called. */
static void chain_done(struct task *t)
{
    struct store_op *op = CONTAINER_OF(t, struct store_op, task);
    while (op) {
        struct store_op *next = op->next;
        op->done(op);
        op = next;
    }
}

static void batch_post(struct store *s, const struct batch *b)
{
    struct store_op *first = NULL, **tail = &first;
    for (size_t i = 0; i < b->n; i++) {
        if (!b->op[i]->done)
            continue;
        *tail = b->op[i];
        tail = &b->op[i]->next;
    }
    *tail = NULL;
    atomic_fetch_add_explicit(&s->ops_done, (int64_t)b->n, memory_order_relaxed);
    atomic_fetch_sub_explicit(&s->waiting, b->n, memory_order_relaxed);
    if (!first)
        return;
    first->task.run = chain_done;
    loop_post(s->loop, &first->task);
}

static void writer(void *arg)
{
    struct store *s = arg;
    pthread_setname_np(pthread_self(), "parley-store");
    for (;;) {
        struct batch b = { .n = 0 };
        if (!batch_first(s, &b))
            return; /* closing, and nothing is left */
        batch_run(s, &b);
        batch_post(s, &b);
    }
}

/* ---- loop thread ---- */

void store_submit(struct store *s, struct store_op *op)
{
    op->next = NULL;
    op->rc = 0;
    op->err.text[0] = '\0';
    atomic_fetch_add_explicit(&s->waiting, 1, memory_order_relaxed);
    uv_mutex_lock(&s->lock);
    *s->tail = op;
    s->tail = &op->next;
    if (++s->queued == s->wake_at)
        uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->lock);
}

size_t store_waiting(const struct store *s)
{
    return atomic_load_explicit(&s->waiting, memory_order_relaxed);
}

const struct store_ops *store_ops_of(const struct store *s)
{
    return s->ops;
}

int store_reader(const struct store *s, struct store_db **out, struct err *err)
{
    return s->ops->open(out, s->dir, true, err);
}

void store_stats(const struct store *s, int64_t *commits, int64_t *ops)
{
    *commits = atomic_load_explicit(&s->commits, memory_order_relaxed);
    *ops = atomic_load_explicit(&s->ops_done, memory_order_relaxed);
}

/* ---- open and close ---- */

/* The entry of a new directory is durable once its parent is flushed. */
static int dir_make(const char *dir, struct err *err)
{
    char parent[PATH_MAX];
    if (mkdir(dir, 0700) != 0)
        return errno == EEXIST ? 0 : err_set(err, -errno, "%s: %s", dir, strerror(errno));
    if (snprintf(parent, sizeof parent, "%s/..", dir) >= (int)sizeof parent)
        return err_set(err, -ENAMETOOLONG, "%s: name too long", dir);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc ? err_set(err, rc, "%s: %s", parent, strerror(-rc)) : 0;
}

static int lock_refused(int fd, const char *path, struct err *err)
{
    char text[24];
    int64_t pid;
    ssize_t len = pread(fd, text, sizeof text, 0);
    struct str line = { text, len > 0 ? (size_t)len : 0 };
    if (str_int(str_trim(line), 1, INT32_MAX, &pid))
        return err_set(err, X_E_BUSY, "%s: held by another parley, pid %" PRId64, path, pid);
    return err_set(err, X_E_BUSY, "%s: held by another parley", path);
}

/* The pid in the file is for people; the lock is flock's. */
static int lock_sign(int fd)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0)
        return -errno;
    return pwrite(fd, text, (size_t)len, 0) == len ? 0 : -EIO;
}

static int lock_take(int *out, const char *dir, struct err *err)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: name too long", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    int rc = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
    if (rc == -EWOULDBLOCK)
        rc = lock_refused(fd, path, err);
    else if (rc)
        err_set(err, rc, "%s: %s", path, strerror(-rc));
    else if (lock_sign(fd) != 0)
        log_warn("store.lock_unsigned", "path=\"%s\"", path); /* a full disk must not keep us from starting */
    if (rc)
        close(fd);
    else
        *out = fd;
    return rc;
}

static int recover(struct store *s, const char *notice_json, struct err *err)
{
    int rc = s->ops->begin(s->db, err);
    if (rc == 0)
        rc = s->ops->recover(s->db, clock_wall_ms(), notice_json, err);
    if (rc == 0)
        rc = s->ops->commit(s->db, err);
    if (rc)
        s->ops->rollback(s->db);
    return rc ? err_prefix(err, rc, "recovery") : 0;
}

static int thread_start(struct store *s, struct err *err)
{
    int rc = uv_mutex_init(&s->lock);
    if (rc)
        return err_set(err, rc, "store: %s", uv_strerror(rc));
    rc = uv_cond_init(&s->wake);
    if (rc == 0) {
        rc = uv_thread_create(&s->thread, writer, s);
        if (rc == 0)
            return 0;
        uv_cond_destroy(&s->wake);
    }
    uv_mutex_destroy(&s->lock);
    return err_set(err, rc, "store thread: %s", uv_strerror(rc));
}

static void store_free(struct store *s)
{
    if (s->db)
        s->ops->close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->dir);
    free(s);
}

int store_open(struct store **out, const struct store_ops *ops, const char *dir, struct loop *l,
               const char *notice_json, struct err *err)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, -ENOMEM, "store: out of memory");
    *s = (struct store){ .ops = ops, .loop = l, .lock_fd = -1, .dir = strdup(dir), .tail = &s->head };
    int rc = s->dir ? dir_make(dir, err) : err_set(err, -ENOMEM, "store: out of memory");
    if (rc == 0)
        rc = lock_take(&s->lock_fd, dir, err);
    if (rc == 0)
        rc = ops->open(&s->db, dir, false, err);
    if (rc == 0)
        rc = recover(s, notice_json, err);
    if (rc == 0)
        rc = thread_start(s, err);
    if (rc) {
        store_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    uv_mutex_lock(&s->lock);
    s->closing = true;
    uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->lock);
    uv_thread_join(&s->thread);
    uv_cond_destroy(&s->wake);
    uv_mutex_destroy(&s->lock);
    store_free(s);
}
