/* SPDX-License-Identifier: Apache-2.0
 *
 * The books of limits against a small Discord of the test's own: windows that begin with their first call,
 * answers that come late and in any order, and never one call more than allowed.
 */
#include "tests/unit/discord/wire_kit.h"

#include "adapters/discord/limits.h"
#include "base/rand.h"

static struct dc_route route(enum dc_call call, const char *major)
{
    struct dc_route r;
    assert_int_equal(dc_route(&r, call, major, "6", "7"), 0);
    return r;
}

static struct dc_rate window(const char *bucket, int limit, int remaining, int64_t reset_after_ms)
{
    struct dc_rate r;
    dc_rate_init(&r);
    snprintf(r.bucket, sizeof r.bucket, "%s", bucket);
    r.limit = limit;
    r.remaining = remaining;
    r.reset_after_ms = reset_after_ms;
    return r;
}

static const struct dc_reply fine = { .end = DC_OK, .status = 200 };

static struct dc_reply limited(int64_t retry_after_ms, bool global, enum dc_scope scope)
{
    return (struct dc_reply){
        .end = DC_LIMITED, .status = 429, .retry_after_ms = retry_after_ms, .global = global, .scope = scope
    };
}

/* The moment the call may go, from `now` on; it is not taken. INT64_MAX = not before another is done. */
static int64_t due(struct dc_limits *l, const struct dc_route *r, int64_t now)
{
    struct pace global = l->global, slow = l->slow;
    struct dc_ticket t;
    int64_t due_ms;
    struct dc_rate none;
    int rc = dc_limits_take(l, r, now, &t, &due_ms);
    dc_rate_init(&none);
    if (rc == X_E_BUSY)
        return due_ms;
    assert_int_equal(rc, 0);
    dc_limits_done(l, &t, r, &none, &(struct dc_reply){ .end = DC_RETRY }, now);
    l->global = global;
    l->slow = slow;
    return now;
}

static struct dc_ticket take(struct dc_limits *l, const struct dc_route *r, int64_t now)
{
    struct dc_ticket t;
    int64_t due_ms;
    assert_int_equal(dc_limits_take(l, r, now, &t, &due_ms), 0);
    return t;
}

static void call(struct dc_limits *l, const struct dc_route *r, struct dc_rate rate, struct dc_reply reply,
                 int64_t now)
{
    struct dc_ticket t = take(l, r, now);
    dc_limits_done(l, &t, r, &rate, &reply, now);
}

static void limits__an_unknown_kind_goes_alone(void **state X_UNUSED)
{
    struct dc_route a = route(DC_CALL_CREATE_MESSAGE, "5"), b = route(DC_CALL_CREATE_MESSAGE, "8");
    struct dc_rate rate = window("b1", 5, 4, 5000);
    struct dc_limits l;
    struct dc_ticket t;
    dc_limits_init(&l);
    t = take(&l, &a, 1000);
    assert_true(due(&l, &a, 1000) == INT64_MAX);
    assert_int_equal(due(&l, &b, 1000), 1000); /* another channel */
    dc_limits_done(&l, &t, &a, &rate, &fine, 1100);
    for (int i = 0; i < 4; i++)
        (void)take(&l, &a, 1100);
    assert_int_equal(due(&l, &a, 1100), 6100);
    for (int i = 0; i < 5; i++) /* the limit is known of a new channel too */
        (void)take(&l, &b, 1600);
    assert_true(due(&l, &b, 1600) == INT64_MAX);
    dc_limits_free(&l);
}

static void limits__an_empty_window_waits_for_its_end(void **state X_UNUSED)
{
    struct dc_route r = route(DC_CALL_CREATE_MESSAGE, "5");
    struct dc_limits l;
    dc_limits_init(&l);
    call(&l, &r, window("b1", 5, 0, 2500), fine, 1000);
    assert_int_equal(due(&l, &r, 1000), 3500);
    assert_int_equal(due(&l, &r, 3499), 3500);
    assert_int_equal(due(&l, &r, 3500), 3500);
    dc_limits_free(&l);
}

static void limits__calls_in_flight_are_not_counted_yet(void **state X_UNUSED)
{
    struct dc_route r = route(DC_CALL_CREATE_MESSAGE, "5");
    struct dc_rate three = window("b1", 5, 3, 4940), two = window("b1", 5, 2, 4950);
    struct dc_ticket t[3];
    struct dc_limits l;
    dc_limits_init(&l);
    call(&l, &r, window("b1", 5, 4, 5000), fine, 1000);
    for (int i = 0; i < 3; i++)
        t[i] = take(&l, &r, 1000);
    dc_limits_done(&l, &t[1], &r, &two, &fine, 1050); /* overtakes the first */
    dc_limits_done(&l, &t[0], &r, &three, &fine, 1060);
    (void)take(&l, &r, 1060); /* 2 left, 1 flying */
    assert_int_equal(due(&l, &r, 1060), 6000);
    dc_limits_free(&l);
}

static void limits__calls_that_share_a_bucket_share_it(void **state X_UNUSED)
{
    struct dc_route edit = route(DC_CALL_EDIT_MESSAGE, "5"), get = route(DC_CALL_GET_MESSAGE, "5"),
                    other = route(DC_CALL_EDIT_MESSAGE, "9");
    struct dc_limits l;
    dc_limits_init(&l);
    call(&l, &edit, window("same", 5, 4, 5000), fine, 1000);
    call(&l, &get, window("same", 5, 0, 5000), fine, 1000);
    assert_int_equal(due(&l, &edit, 1000), 6000);
    assert_int_equal(due(&l, &get, 1000), 6000);
    assert_int_equal(due(&l, &other, 1000), 1000);
    dc_limits_free(&l);
}

static void limits__a_bucket_may_change_its_name(void **state X_UNUSED)
{
    struct dc_route r = route(DC_CALL_CREATE_MESSAGE, "5");
    struct dc_limits l;
    dc_limits_init(&l);
    call(&l, &r, window("old", 5, 4, 5000), fine, 1000);
    call(&l, &r, window("new", 2, 0, 9000), fine, 1100);
    assert_int_equal(due(&l, &r, 1200), 10100);
    dc_limits_free(&l);
}

static void limits__no_headers_no_limit(void **state X_UNUSED)
{
    struct dc_route r = route(DC_CALL_TYPING, "5");
    struct dc_limits l;
    struct dc_rate none;
    dc_rate_init(&none);
    dc_limits_init(&l);
    call(&l, &r, none, fine, 1000);
    for (int i = 0; i < 9; i++)
        (void)take(&l, &r, 1000 + DC_GLOBAL_STEP_MS);
    dc_limits_free(&l);
}

static void limits__429_of_a_bucket_holds_it_alone(void **state X_UNUSED)
{
    struct dc_route a = route(DC_CALL_CREATE_MESSAGE, "5"), b = route(DC_CALL_CREATE_MESSAGE, "8");
    struct dc_limits l;
    struct dc_rate none;
    dc_rate_init(&none);
    dc_limits_init(&l);
    call(&l, &a, none, limited(4000, false, DC_SCOPE_USER), 1000);
    assert_int_equal(due(&l, &a, 1001), 5000);
    assert_int_equal(due(&l, &b, 1001), 1001);
    assert_int_equal(dc_limits_invalid(&l, 1001), 1);
    call(&l, &b, none, limited(2000, false, DC_SCOPE_SHARED), 1100);
    assert_int_equal(due(&l, &b, 1101), 3100);
    assert_int_equal(dc_limits_invalid(&l, 1101), 1); /* shared ones do not count */
    dc_limits_free(&l);
}

static void limits__a_global_429_holds_all_but_callbacks(void **state X_UNUSED)
{
    struct dc_route a = route(DC_CALL_CREATE_MESSAGE, "5"), b = route(DC_CALL_TYPING, "8"),
                    c = route(DC_CALL_CALLBACK, "1");
    struct dc_limits l;
    struct dc_rate none;
    dc_rate_init(&none);
    dc_limits_init(&l);
    call(&l, &a, none, limited(4000, true, DC_SCOPE_GLOBAL), 1000);
    assert_int_equal(due(&l, &a, 1001), 5000);
    assert_int_equal(due(&l, &b, 1001), 5000);
    assert_int_equal(due(&l, &c, 1001), 1001);
    call(&l, &c, none, limited(500, false, DC_SCOPE_USER), 1100);
    assert_int_equal(due(&l, &c, 1101), 1600);
    dc_limits_free(&l);
}

static void limits__never_more_than_fifty_in_any_second(void **state X_UNUSED)
{
    enum { CALLS = 1000 };
    int64_t at[CALLS], now = 5000;
    struct dc_limits l;
    struct dc_rate none;
    dc_rate_init(&none);
    dc_limits_init(&l);
    for (int i = 0; i < CALLS; i++) {
        char id[16];
        struct dc_route r;
        snprintf(id, sizeof id, "%d", i + 1);
        r = route(DC_CALL_TYPING, id);
        now = due(&l, &r, now);
        call(&l, &r, none, fine, now);
        at[i] = now;
        now += i % 100 == 99 ? 700 : 0;
    }
    for (int i = 0; i + 50 < CALLS; i++)
        assert_true(at[i + 50] - at[i] >= 1000);
    dc_limits_free(&l);
}

static void limits__callbacks_pass_by_the_global_pace(void **state X_UNUSED)
{
    struct dc_route c = route(DC_CALL_CALLBACK, "1"), r = route(DC_CALL_TYPING, "5");
    struct dc_limits l;
    dc_limits_init(&l);
    for (int i = 0; i < 200; i++)
        (void)take(&l, &c, 1000);
    assert_int_equal(due(&l, &r, 1000), 1000);
    dc_limits_free(&l);
}

/* Everything is answered with 401, 403 or 429, for two hours, as fast as it is let. */
static void limits__the_brake_stays_far_below_ten_thousand(void **state X_UNUSED)
{
    static const int status[] = { 401, 403, 429 };
    struct dc_limits l;
    struct dc_rate none;
    int most = 0;
    unsigned n = 0;
    int64_t *at = calloc(200000, sizeof *at), now = 0;
    dc_rate_init(&none);
    dc_limits_init(&l);
    while (now < 7200000) {
        struct dc_reply reply = { .end = DC_NO_ACCESS, .status = status[n % 3] };
        struct dc_route r;
        char id[16];
        int64_t next;
        snprintf(id, sizeof id, "%u", n % 50 + 1);
        r = route(DC_CALL_CREATE_MESSAGE, id);
        next = due(&l, &r, now);
        if (next > now) {
            now = next;
            continue;
        }
        call(&l, &r, none, reply, now);
        at[n++] = now;
        assert_true(n < 200000);
    }
    for (unsigned from = 0, to = 0; to < n; to++) {
        while (at[to] - at[from] > 600000)
            from++;
        most = (int)(to - from) + 1 > most ? (int)(to - from) + 1 : most;
    }
    assert_true(most >= DC_INVALID_SLOW && most < 2000);
    assert_true(n > 8000); /* and it does go on */
    free(at);
    dc_limits_free(&l);
}

static void limits__what_is_invalid_is_forgotten_in_time(void **state X_UNUSED)
{
    struct dc_route r = route(DC_CALL_CREATE_MESSAGE, "5");
    struct dc_limits l;
    struct dc_rate none;
    dc_rate_init(&none);
    dc_limits_init(&l);
    call(&l, &r, none, (struct dc_reply){ .end = DC_NO_ACCESS, .status = 403 }, 59000);
    call(&l, &r, none, (struct dc_reply){ .end = DC_GONE, .status = 404 }, 59100);
    assert_int_equal(dc_limits_invalid(&l, 59100), 1);
    assert_int_equal(dc_limits_invalid(&l, 59000 + 600000), 1);
    assert_int_equal(dc_limits_invalid(&l, 59000 + 660001), 0);
    dc_limits_free(&l);
}

static void limits__memory_is_bounded(void **state X_UNUSED)
{
    struct dc_limits l;
    struct dc_rate none;
    struct dc_ticket t;
    int64_t due_ms, now = 0;
    int rc = 0, n = 0;
    dc_rate_init(&none);
    dc_limits_init(&l);
    for (int i = 0; i < 3 * DC_BUCKETS_MAX; i++, now += 1000) { /* used and forgotten */
        char id[16];
        struct dc_route r;
        snprintf(id, sizeof id, "%d", i + 1);
        r = route(DC_CALL_CREATE_MESSAGE, id);
        call(&l, &r, window("b", 5, 4, 5000), fine, now);
    }
    assert_true(l.buckets.count < 2000);
    for (; rc == 0 && n < 2 * DC_BUCKETS_MAX; n++, now += 1000) { /* all on their way */
        char id[16];
        struct dc_route r;
        snprintf(id, sizeof id, "%d", n + 1);
        r = route(DC_CALL_EDIT_MESSAGE, id);
        rc = dc_limits_take(&l, &r, now, &t, &due_ms);
    }
    assert_int_equal(rc, X_E_FULL);
    assert_true(n > DC_BUCKETS_MAX - 2000 && n <= DC_BUCKETS_MAX + 1);
    dc_limits_free(&l);
}

/* ---- a Discord of our own ---- */

enum { CHANNELS = 3, LIMIT = 5, WINDOW = 2000 };

static struct {
    int used;
    int64_t reset;
} channel[CHANNELS];

struct flight {
    struct dc_ticket ticket;
    struct dc_route route;
    struct dc_rate rate;
    int64_t back_ms;
    bool out;
};

/* Answers as Discord would, half the way later. */
static void serve(struct flight *f, size_t c, int64_t now)
{
    if (channel[c].reset <= now) {
        channel[c].used = 0;
        channel[c].reset = now + WINDOW;
    }
    channel[c].used++;
    assert_true(channel[c].used <= LIMIT); /* what all this is about */
    f->rate = window("b", LIMIT, LIMIT - channel[c].used, channel[c].reset - now);
    f->back_ms = now + (int64_t)rand_below(150);
    f->out = true;
}

static void limits__never_one_call_too_many(void **state X_UNUSED)
{
    struct flight f[20] = { 0 };
    struct dc_limits l;
    int sent = 0;
    dc_limits_init(&l);
    for (int64_t now = 1; now < 120000; now += 5) {
        for (size_t i = 0; i < ARRAY_LEN(f); i++) {
            size_t c = (size_t)rand_below(CHANNELS);
            static const char *const id[] = { "11", "12", "13" };
            int64_t due_ms;
            if (f[i].out && f[i].back_ms <= now) {
                dc_limits_done(&l, &f[i].ticket, &f[i].route, &f[i].rate, &fine, now);
                f[i].out = false;
            }
            if (f[i].out)
                continue;
            f[i].route = route(DC_CALL_CREATE_MESSAGE, id[c]);
            if (dc_limits_take(&l, &f[i].route, now, &f[i].ticket, &due_ms))
                continue;
            serve(&f[i], c, now);
            sent++;
        }
    }
    assert_true(sent > CHANNELS * LIMIT * (120000 / WINDOW) * 7 / 10); /* and little is given away */
    dc_limits_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits__an_unknown_kind_goes_alone),
        cmocka_unit_test(limits__an_empty_window_waits_for_its_end),
        cmocka_unit_test(limits__calls_in_flight_are_not_counted_yet),
        cmocka_unit_test(limits__calls_that_share_a_bucket_share_it),
        cmocka_unit_test(limits__a_bucket_may_change_its_name),
        cmocka_unit_test(limits__no_headers_no_limit),
        cmocka_unit_test(limits__429_of_a_bucket_holds_it_alone),
        cmocka_unit_test(limits__a_global_429_holds_all_but_callbacks),
        cmocka_unit_test(limits__never_more_than_fifty_in_any_second),
        cmocka_unit_test(limits__callbacks_pass_by_the_global_pace),
        cmocka_unit_test(limits__the_brake_stays_far_below_ten_thousand),
        cmocka_unit_test(limits__what_is_invalid_is_forgotten_in_time),
        cmocka_unit_test(limits__memory_is_bounded),
        cmocka_unit_test(limits__never_one_call_too_many),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
