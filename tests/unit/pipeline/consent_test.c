/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is asked before anything is processed, who gets the privacy notice, who neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/support/stage_kit.h"

enum told { NOTHING, NOTICE, ASKED };

static enum told told(struct stage_kit *k, const char *locale, const char *country)
{
    stage_kit_turn(k);
    k->turn.msg.locale = locale;
    k->turn.msg.country = country;
    enum verdict v = stage_consent(&k->turn, NULL);
    if (v == DONE) {
        stage_kit_notice(k, "consent_required");
        assert_false(stage_kit_warned(k, "privacy_notice"));
        return ASKED;
    }
    assert_int_equal(v, NEXT);
    assert_null(k->turn.answer.code);
    return stage_kit_warned(k, "privacy_notice") ? NOTICE : NOTHING;
}

static void consent__region_settings(void **state)
{
    static const struct {
        const char *setting;
        enum told told;
    } row[] = {
        { "consent.region=none", NOTHING },
        { "consent.region=eu", ASKED },
        { "consent.region=uk", ASKED },
        { "consent.region=us", NOTICE },
    };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        stage_kit_set(k, row[i].setting);
        assert_int_equal(told(k, "en-US", "US"), row[i].told);
        assert_int_equal(told(k, "de-DE", "DE"), row[i].told); /* the setting wins over what is seen */
    }
}

static void consent__auto_goes_by_country_then_by_the_locales_region(void **state)
{
    static const struct {
        const char *locale, *country;
        enum told told;
    } row[] = {
        { "en", "DE", ASKED },  { "en", "de", ASKED },   { "en", "GB", ASKED },     { "en", "NO", ASKED },
        { "en", "US", NOTICE }, { "en", "CH", NOTICE },  { "de-AT", "", ASKED },    { "de_AT", "", ASKED },
        { "en-GB", "", ASKED }, { "en-US", "", NOTICE }, { "de-AT", "US", NOTICE }, { "en-US", "FR", ASKED },
        { "de", "", NOTICE },   { "", "", NOTICE },      { "zh-Hant", "", NOTICE }, { "de-AT", "XX", ASKED },
        { "en", "XX", NOTICE }, { "en", "T1", NOTICE },  { "en", "A", NOTICE },     { "en", "DEU", NOTICE },
    };
    struct stage_kit *k = *state;
    stage_kit_set(k, "consent.region=auto");
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        assert_int_equal(told(k, row[i].locale, row[i].country), row[i].told);
}

static void consent__strict_asks_whoever_is_unknown(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "consent.region=auto");
    stage_kit_set(k, "consent.strict=true");
    assert_int_equal(told(k, "de", ""), ASKED);
    assert_int_equal(told(k, "", ""), ASKED);
    assert_int_equal(told(k, "en", "XX"), ASKED); /* the proxy does not know */
    assert_int_equal(told(k, "en", "T1"), ASKED);
    assert_int_equal(told(k, "en-US", ""), NOTICE);
}

static void consent__the_country_list_is_the_policys(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "consent.region=auto");
    stage_kit_policy(k, "consent.json", "{\"eu_countries\": [\"BR\", \"JP\"]}");
    assert_int_equal(told(k, "en", "BR"), ASKED);
    assert_int_equal(told(k, "en", "JP"), ASKED);
    assert_int_equal(told(k, "en", "DE"), NOTICE);
    assert_int_equal(told(k, "en", "GB"), ASKED); /* the UK stands by itself */
}

static void consent__given_for_this_version_is_not_asked_again(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "consent.region=eu");
    k->turn.consent_given = k->policies->consent.version;
    assert_int_equal(stage_consent(&k->turn, NULL), NEXT);
    assert_int_equal(k->turn.validation.warnings, 0);
}

static void consent__a_new_version_asks_again(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "consent.region=eu");
    stage_kit_policy(k, "consent.json", "{\"version\": \"v2\"}");
    k->turn.consent_given = "v1";
    assert_int_equal(stage_consent(&k->turn, NULL), DONE);
    stage_kit_turn(k);
    k->turn.consent_given = "v2";
    assert_int_equal(stage_consent(&k->turn, NULL), NEXT);
    stage_kit_turn(k);
    k->turn.consent_given = NULL; /* nothing on record */
    assert_int_equal(stage_consent(&k->turn, NULL), DONE);
}

/* A policy as long as they come, every byte of which grows in JSON. */
static void consent__the_question_is_whole_json_however_long(void **state)
{
    struct stage_kit *k = *state;
    struct buf file = BUF_INIT(1U << 20);
    cJSON *details = NULL;
    buf_adds(&file, "{\"version\": \"v\\\"2\", \"text\": \"Agree?\\n");
    for (int i = 0; i < 8000; i++)
        buf_adds(&file, "\\u0001");
    buf_adds(&file, "\"}");
    stage_kit_set(k, "consent.region=eu");
    stage_kit_policy(k, "consent.json", buf_text(&file));
    buf_free(&file);
    assert_int_equal(stage_consent(&k->turn, NULL), DONE);
    const char *json = k->turn.answer.details_json;
    assert_non_null(json);
    assert_int_equal(json_parse(&details, json, strlen(json), NULL), 0);
    assert_string_equal(json_text(details, "version", ""), "v\"2");
    assert_string_equal(json_text(details, "text", ""), stage_kit_notice(k, "consent_required"));
    cJSON_Delete(details);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(consent__region_settings),
        STAGE_CASE(consent__auto_goes_by_country_then_by_the_locales_region),
        STAGE_CASE(consent__strict_asks_whoever_is_unknown),
        STAGE_CASE(consent__the_country_list_is_the_policys),
        STAGE_CASE(consent__given_for_this_version_is_not_asked_again),
        STAGE_CASE(consent__a_new_version_asks_again),
        STAGE_CASE(consent__the_question_is_whole_json_however_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
