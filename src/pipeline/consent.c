/* SPDX-License-Identifier: Apache-2.0
 *
 * consent: where the law wants a yes before processing, no yes means no model. The region comes from
 * the setting; "auto" asks a trusted proxy's country header, then the locale's region. An unknown region
 * gets the privacy notice instead of a block, unless consent.strict is on.
 */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "pipeline/stages.h"

#define DETAILS_MAX (64U << 10) /* the longest text of a policy (8 KiB), every byte of it escaped */

enum need { NEED_NOTHING, NEED_NOTICE, NEED_CONSENT };

static bool in_list(const char *list, const char *country)
{
    struct str rest = str_of(list), one;
    while (str_cut(&rest, ' ', &one))
        if (str_ieqs(one, country))
            return true;
    return false;
}

/* "XX" and "T1" (Tor) are how proxies write that they do not know. */
static bool known(const char *country)
{
    return strlen(country) == 2 && strcasecmp(country, "XX") != 0 && strcasecmp(country, "T1") != 0;
}

/* "de-AT" -> "AT"; "" when the locale names no region. */
static const char *region_of(const struct message *m)
{
    if (known(m->country))
        return m->country;
    const char *dash = strpbrk(m->locale, "-_");
    return dash && strlen(dash + 1) == 2 ? dash + 1 : "";
}

static enum need need_of(const struct turn *t)
{
    const struct config *c = t->snap->config;
    enum need unknown = c->consent.strict ? NEED_CONSENT : NEED_NOTICE;
    switch (c->consent.region) {
    case REGION_NONE:
        return NEED_NOTHING;
    case REGION_EU:
    case REGION_UK:
        return NEED_CONSENT;
    case REGION_US:
        return NEED_NOTICE;
    case REGION_AUTO:
        break;
    }
    const char *country = region_of(&t->msg);
    if (!country[0])
        return unknown;
    if (strcasecmp(country, "GB") == 0 || in_list(t->snap->policies->consent.eu_country, country))
        return NEED_CONSENT;
    return NEED_NOTICE;
}

static enum verdict ask(struct turn *t)
{
    struct buf details = BUF_INIT(DETAILS_MAX);
    struct jsonw w;
    jw_begin(&w, &details);
    jw_obj(&w, NULL);
    jw_text(&w, "version", t->snap->policies->consent.version);
    jw_text(&w, "text", t->snap->policies->consent.text);
    jw_end_obj(&w);
    t->answer.details_json = details.failed ? NULL : arena_strdup(&t->arena, buf_text(&details));
    buf_free(&details);
    return turn_notice(t, "consent_required", t->snap->policies->consent.text);
}

enum verdict stage_consent(struct turn *t, struct worker *w X_UNUSED)
{
    enum need need = need_of(t);
    bool given = t->consent_given && strcmp(t->consent_given, t->snap->policies->consent.version) == 0;
    if (given || need == NEED_NOTHING)
        return NEXT;
    if (need == NEED_CONSENT)
        return ask(t);
    turn_warn(t, "privacy_notice");
    return NEXT;
}
