/* SPDX-License-Identifier: Apache-2.0
 *
 * The store when the world ends: the process is killed for real (kill -9), the disk is filled for
 * real (tmpfs, file size limit), and a second process wants in.
 */
#include "tests/support/store_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rand.h"

/* ---- kill -9 ---- */

#define KILL_CYCLES 20
#define KILL_TURNS  32

struct ack {
    int cycle, serial;
    enum store_kind what;
};

struct victim { /* one of the child's turns in flight */
    struct store_rig *rig;
    struct store_op op;
    struct arena a;
    struct ack ack;
    int fd;
};

static void victim_begin(struct victim *v)
{
    static int serial;
    char id[32];
    arena_wipe(&v->a);
    v->ack.serial = serial++;
    snprintf(id, sizeof id, "%d.%d", v->ack.cycle, v->ack.serial);
    v->op.kind = v->ack.what = STORE_INGEST;
    v->op.u.ingest.in = store_kit_message(&v->a, id);
    v->op.u.ingest.in.tier_limit[TIER_FREE] = -1;
    v->op.u.ingest.arena = &v->a;
    store_submit(v->rig->store, &v->op);
}

/* The acknowledgement is the byte in the pipe: what was written there must be on the disk. */
static void victim_step(struct store_op *op)
{
    struct victim *v = CONTAINER_OF(op, struct victim, op);
    if (op->rc != 0 || write(v->fd, &v->ack, sizeof v->ack) != sizeof v->ack)
        _exit(2);
    if (op->kind == STORE_INGEST) {
        struct store_ingested got = op->u.ingest.out;
        op->kind = v->ack.what = STORE_ANSWER;
        op->u.answer = store_kit_answer(&got);
        store_submit(v->rig->store, op);
    } else if (op->kind == STORE_ANSWER) {
        const char *turn_id = op->u.answer.turn_id;
        op->kind = v->ack.what = STORE_PART_SET;
        op->u.part = store_kit_part(turn_id, 0, OUTBOX_SENT);
        store_submit(v->rig->store, op);
    } else {
        victim_begin(v);
    }
}

static void kill_child(struct store_rig *r, int cycle, int fd)
{
    static struct victim victim[KILL_TURNS];
    if (loop_open(&r->loop, &r->err) ||
        store_open(&r->store, &store_sqlite, r->dir, &r->loop, STORE_KIT_NOTICE, &r->err))
        _exit(3);
    for (int i = 0; i < KILL_TURNS; i++) {
        victim[i] = (struct victim){ .rig = r, .fd = fd, .ack.cycle = cycle, .op.done = victim_step };
        arena_init(&victim[i].a, 1U << 20);
        victim_begin(&victim[i]);
    }
    loop_run(&r->loop);
    _exit(4);
}

/* Kills after a random number of acknowledgements; returns all that were given. */
static size_t kill_one(struct store_rig *r, int cycle, struct ack *ack, size_t room)
{
    int fd[2];
    size_t n = 0, until = 1 + (size_t)rand_below(room / 4);
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        kill_child(r, cycle, fd[1]);
    }
    close(fd[1]);
    while (n < room && read(fd[0], &ack[n], sizeof *ack) == sizeof *ack)
        if (++n == until)
            assert_int_equal(kill(child, SIGKILL), 0);
    close(fd[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(n >= until && n < room);
    return n;
}

static bool ack_holds(struct store_db *db, const struct ack *ack, struct arena *a)
{
    char id[32];
    struct store_ingested out;
    snprintf(id, sizeof id, "%d.%d", ack->cycle, ack->serial);
    struct store_ingest again = store_kit_message(a, id);
    if (store_sqlite.ingest(db, &again, a, &out, NULL) != X_E_DUPLICATE)
        return false;
    if (ack->what == STORE_PART_SET)
        return out.state == INBOX_DONE;
    return ack->what != STORE_ANSWER || (out.answer_json && out.state >= INBOX_ANSWERED);
}

static void store__loses_nothing_to_kill_9(void **state)
{
    static struct ack ack[16384];
    struct store_rig *r = *state;
    size_t acked = 0, lost = 0;
    for (int cycle = 0; cycle < KILL_CYCLES; cycle++) {
        struct store_db *db;
        struct store_counts c;
        struct arena a;
        size_t n = kill_one(r, cycle, ack, ARRAY_LEN(ack));
        arena_init(&a, 64U << 20);
        assert_int_equal(store_sqlite.open(&db, r->dir, false, &r->err), 0);
        assert_int_equal(store_sqlite.begin(db, &r->err), 0);
        for (size_t i = 0; i < n; i++)
            lost += !ack_holds(db, &ack[i], &a);
        store_sqlite.rollback(db);
        assert_int_equal(store_sqlite.counts(db, &c, &r->err), 0);
        assert_int_equal(c.turns, c.usage);
        assert_int_equal(c.turns, c.inbox[INBOX_ANSWERED] + c.inbox[INBOX_DONE]);
        store_sqlite.close(db);
        arena_wipe(&a);
        acked += n;
    }
    print_message("kill -9: %d cycles, %zu acknowledged, %zu lost\n", KILL_CYCLES, acked, lost);
    assert_int_equal(lost, 0);
}

static void store__a_second_process_is_told_who_holds_it(void **state)
{
    struct store_rig *r = *state;
    struct store *second = NULL;
    char pid[24];
    int told[2];
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        struct loop loop;
        struct err err = { "" };
        struct store *s;
        int rc = loop_open(&loop, &err);
        rc = rc ? rc : store_open(&s, &store_sqlite, r->dir, &loop, STORE_KIT_NOTICE, &err);
        if (write(told[1], &rc, sizeof rc) == sizeof rc)
            pause();
        _exit(1);
    }
    int rc = -1;
    assert_int_equal(read(told[0], &rc, sizeof rc), sizeof rc);
    assert_int_equal(rc, 0);
    assert_int_equal(loop_open(&r->loop, &r->err), 0);
    assert_int_equal(store_open(&second, &store_sqlite, r->dir, &r->loop, STORE_KIT_NOTICE, &r->err),
                     X_E_BUSY);
    snprintf(pid, sizeof pid, "pid %d", (int)child);
    assert_non_null(strstr(r->err.text, pid));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(store_open(&second, &store_sqlite, r->dir, &r->loop, STORE_KIT_NOTICE, &r->err), 0);
    r->store = second;
    assert_int_equal(store_open(&second, &store_sqlite, r->dir, &r->loop, STORE_KIT_NOTICE, &r->err),
                     X_E_BUSY);
    store_rig_close(r);
    close(told[0]);
    close(told[1]);
}

/* ---- the disk ---- */

/* Ingests large messages until one fails; how many went in. */
static int fill(struct store_rig *r, const char *prefix, int *rc)
{
    static char large[64 << 10];
    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < 1000; i++) {
        char id[32];
        snprintf(id, sizeof id, "%s%d", prefix, i);
        struct store_op *op = store_rig_ingest(r, id);
        op->u.ingest.in.payload = large;
        *rc = store_rig_run(r, op);
        if (*rc) {
            assert_true(op->err.text[0] != '\0');
            return i;
        }
    }
    return 1000;
}

static void full_then_free(struct store_rig *r, void (*release_space)(struct store_rig *r))
{
    int rc;
    int stored = fill(r, "before", &rc);
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(store_rig_counts(r).inbox[INBOX_CLAIMED], stored);
    release_space(r);
    assert_int_equal(store_rig_run(r, store_rig_ingest(r, "after")), 0);
    assert_int_equal(store_rig_run(r, store_rig_ingest(r, "before0")), X_E_DUPLICATE);
    assert_int_equal(store_rig_counts(r).inbox[INBOX_CLAIMED], stored + 1);
}

static void filler_path(char path[96], const struct store_rig *r)
{
    snprintf(path, 96, "%s/filler", r->dir);
}

static void filler_remove(struct store_rig *r)
{
    char path[96];
    filler_path(path, r);
    assert_int_equal(unlink(path), 0);
}

static void store__goes_on_after_a_full_disk(void **state)
{
    struct store_rig *r = *state;
    char path[96];
    /* A mount namespace of our own: whatever happens here, nothing stays mounted. */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("parley-test", r->dir, "tmpfs", MS_NODEV | MS_NOSUID, "size=8m,mode=0700") != 0)
        skip(); /* not root */
    filler_path(path, r);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(posix_fallocate(fd, 0, 4 << 20), 0);
    close(fd);
    store_rig_open(r, &store_sqlite);
    full_then_free(r, filler_remove);
    store_rig_close(r);
    assert_int_equal(umount2(r->dir, MNT_DETACH), 0);
}

static struct rlimit limit_before;

static void limit_lift(struct store_rig *r X_UNUSED)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit_before), 0);
}

static void store__goes_on_after_a_file_size_limit(void **state)
{
    struct store_rig *r = *state;
    store_rig_open(r, &store_sqlite);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit_before), 0);
    struct rlimit low = { .rlim_cur = 2 << 20, .rlim_max = limit_before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    full_then_free(r, limit_lift);
    signal(SIGXFSZ, SIG_DFL);
    store_rig_close(r);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_rig_setup, store_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(store__loses_nothing_to_kill_9), /* first: it forks, and there are no threads yet */
        CASE(store__a_second_process_is_told_who_holds_it),
        CASE(store__goes_on_after_a_full_disk),
        CASE(store__goes_on_after_a_file_size_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
