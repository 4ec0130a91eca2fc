/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources that a provider itself cites: from its stream to the sources of the answer. A provider that cites
 * by itself (provider_ops.cites) numbers its own list, so its [n] are kept while the answer streams and
 * settled when the list is known; where it sent no list, the only numbered things it saw were our passages.
 * Of any other provider such sources follow the passages. Loop thread.
 */
#ifndef PIPELINE_CITATION_H
#define PIPELINE_CITATION_H

#include <parley/provider.h>

/* A call begins: forgets what an earlier one cited. `own` = its [n] are its own sources. */
void citations_begin(struct turn *t, bool own);
/* 0 or -ENOMEM; what no person could open (no http or https, spaces, too long) is passed over. */
int citation_note(struct turn *t, const struct llm_citation *c);
/* After output_finish, and after the passages that are cited became sources: appends what was cited, and of
 * an answer with own numbers drops those that lead nowhere. 0 or -ENOMEM. */
int citations_settle(struct turn *t);

#endif
