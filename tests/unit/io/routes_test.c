/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "io/routes.h"

static void handler(const struct server_request *req)
{
    (void)req;
}

static void fill(struct routes *t)
{
    const struct route r[] = {
        { "GET", "/a", 0, handler, NULL },
        { "POST", "/a", 10, handler, NULL },
        { "GET", "/b", 0, handler, NULL },
    };
    *t = (struct routes){ 0 };
    for (size_t i = 0; i < ARRAY_LEN(r); i++)
        assert_int_equal(routes_add(t, &r[i], NULL), 0);
}

static void routes__find_path_then_method(void **state)
{
    struct routes t;
    const struct route *r = NULL;
    char allow[ROUTES_ALLOW_BYTES];
    (void)state;
    fill(&t);
    assert_int_equal(routes_find(&t, STR("POST"), "/a", &r, allow), 0);
    assert_int_equal(r->body_max, 10);
    assert_int_equal(routes_find(&t, STR("HEAD"), "/b", &r, allow), 0);
    assert_string_equal(r->path, "/b");
    assert_int_equal(routes_find(&t, STR("GET"), "/c", &r, allow), X_E_NOT_FOUND);
    assert_int_equal(routes_find(&t, STR("GET"), "/a/", &r, allow), X_E_NOT_FOUND);
    assert_int_equal(routes_find(&t, STR("get"), "/a", &r, allow), X_E_DENIED);
    assert_string_equal(allow, "GET, HEAD, POST");
    assert_int_equal(routes_find(&t, STR("HEAD"), "/nope", &r, allow), X_E_NOT_FOUND);
    assert_string_equal(allow, "");
    routes_free(&t);
}

static void routes__twice_is_refused(void **state)
{
    struct routes t;
    struct err err;
    const struct route again = { "GET", "/a", 0, handler, NULL };
    const struct ws_route ws = { .path = "/ws" };
    (void)state;
    fill(&t);
    assert_int_equal(routes_add(&t, &again, &err), X_E_DUPLICATE);
    assert_non_null(strstr(err.text, "GET /a"));
    assert_int_equal(routes_add_ws(&t, &ws, &err), 0);
    assert_int_equal(routes_add_ws(&t, &ws, &err), X_E_DUPLICATE);
    assert_non_null(routes_ws(&t, "/ws"));
    assert_null(routes_ws(&t, "/a"));
    routes_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes__find_path_then_method),
        cmocka_unit_test(routes__twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
