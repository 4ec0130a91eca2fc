/* SPDX-License-Identifier: Apache-2.0
 *
 * policies/prompts/<bot>.md: which text a bot gets, and which files are refused with their place.
 */
#include "conf_support.h"

static struct policies *loaded(void)
{
    struct policies *p = NULL;
    struct err err = { "" };
    if (policies_load(&p, "policies", &err))
        fail_msg("%s", err.text);
    return p;
}

static void folder(void)
{
    mkdir("policies", 0700);
    mkdir("policies/prompts", 0700);
}

static void put_away(const char *const *file, size_t n)
{
    for (size_t i = 0; i < n; i++)
        unlink(file[i]);
    rmdir("policies/prompts");
}

static void prompt__is_built_in_where_the_folder_has_none(void **state X_UNUSED)
{
    mkdir("policies", 0700);
    struct policies *p = loaded();
    assert_non_null(strstr(policies_prompt(p, "default"), PROMPT_LANGUAGE));
    assert_string_equal(policies_prompt(p, "support"), policies_prompt(p, "default"));
    policies_free(p);
}

static void prompt__of_a_bot_is_its_own(void **state X_UNUSED)
{
    static const char *const file[] = { "policies/prompts/default.md", "policies/prompts/support.md",
                                        "policies/prompts/.hidden.md", "policies/prompts/notes.txt" };
    folder();
    file_put(file[0], "Be kind. {{language}}\n");
    file_put(file[1], "You are the support desk.\n");
    file_put(file[2], "{{not read}}");
    file_put(file[3], "{{not read}}");
    struct policies *p = loaded(), *changed;
    assert_string_equal(policies_prompt(p, "support"), "You are the support desk.\n");
    assert_string_equal(policies_prompt(p, "default"), "Be kind. {{language}}\n");
    assert_string_equal(policies_prompt(p, "other"), "Be kind. {{language}}\n");
    assert_int_equal(p->prompt.n, 2);
    file_put(file[1], "You are the front desk.\n");
    changed = loaded();
    assert_string_not_equal(policies_version(p), policies_version(changed)); /* cached answers go with it */
    policies_free(p);
    policies_free(changed);
    put_away(file, ARRAY_LEN(file));
}

static void prompt__is_refused_with_its_place(void **state X_UNUSED)
{
    static const char *const file[] = { "policies/prompts/x.md" };
    static const struct {
        const char *text, *why;
    } row[] = {
        { "Hello\nthere {{name}}", "policies/prompts/x.md:2:7: only {{language}}" },
        { " \n", "policies/prompts/x.md: empty" },
        { "\xff", "policies/prompts/x.md: not UTF-8" },
    };
    folder();
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct policies *p = NULL;
        struct err err = { "" };
        file_put(file[0], row[i].text);
        assert_int_equal(policies_load(&p, "policies", &err), X_E_INVALID);
        assert_non_null(strstr(err.text, row[i].why));
        assert_null(p);
    }
    put_away(file, ARRAY_LEN(file));
}

static void prompt__larger_than_its_limit_is_refused(void **state X_UNUSED)
{
    static const char *const file[] = { "policies/prompts/x.md" };
    struct policies *p = NULL;
    char *text = calloc(1, PROMPT_FILE_BYTES + 2);
    memset(text, 'a', PROMPT_FILE_BYTES + 1);
    folder();
    file_put(file[0], text);
    assert_int_equal(policies_load(&p, "policies", NULL), X_E_LIMIT);
    free(text);
    put_away(file, ARRAY_LEN(file));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, place_enter, place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(prompt__is_built_in_where_the_folder_has_none),
        CASE(prompt__of_a_bot_is_its_own),
        CASE(prompt__is_refused_with_its_place),
        CASE(prompt__larger_than_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
