/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer as Discord shows it: Markdown is read once and written again in Discord's own, so that nothing a
 * model wrote means anything there but what is meant here. Pure; any thread.
 * Lengths are UTF-16 code units, never fewer than Discord counts.
 *
 * Discord has no tables (blocks of code), no images (their text), three sizes of headings (smaller ones are
 * bold), no code in quotations (the quotation stops for it). Links are "[text](<url>)" and "<url>", which
 * have no previews. What could call somebody is broken by a character of no width, since allowed_mentions
 * alone would be one line of defence.
 */
#ifndef DISCORD_FORMAT_H
#define DISCORD_FORMAT_H

#include "adapters/discord/wire_rest.h"
#include "rich/page.h"

#define DC_EMBED_SUM_MAX    6000 /* of all texts of a message's embeds (Discord, Message Resource) */
#define DC_EMBED_FIELDS_MAX 25
#define DC_FIELD_NAME_MAX   256
#define DC_FIELD_VALUE_MAX  1024
#define DC_EMBED_TITLE_MAX  256
#define DC_LINK_MAX         1000 /* bytes of an address that is shown as a link; else the text alone */

/* One message. */
struct dc_part {
    const char *content; /* UTF-8; never empty but where there are embeds alone */
    const char *embeds;  /* JSON array, "" = none: the sources, with the last part */
};

/* `markdown` is untrusted. Sources are fields of an embed below `heading`; as text below the answer where
 * `embeds` is false (the permission Embed Links is missing) or they do not fit. Cut at blocks, else
 * sentences, else words; a block of code that must be cut is closed and opened again with its language.
 * Strings are in `a`. *n is 0 when there is nothing to see. 0, -ENOMEM (also for text of more than
 * RICH_PAGE_MAX). */
int dc_format(const char *markdown, const char *heading, const struct rich_source *source, size_t sources,
              bool embeds, struct arena *a, struct dc_part **out, size_t *n);

/* {"content":..,"embeds":[..]}: an outbox payload, and back. 0, X_E_INVALID, -ENOMEM. */
void dc_part_json(struct buf *out, const struct dc_part *p);
int dc_part_read(const char *json, struct arena *a, struct dc_part *out);

#endif
