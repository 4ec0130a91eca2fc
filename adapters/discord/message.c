/* SPDX-License-Identifier: Apache-2.0
 *
 * A message in a channel: answered when it speaks to us (a mention, a reply to us, a direct message, a thread
 * of ours), passed over else.
 */
#include <string.h>

#include "adapters/discord/inside.h"

static bool in_our_thread(const struct event *e)
{
    struct table_link *l = table_get(&e->a->threads, e->message->channel_id);
    return l && CONTAINER_OF(l, struct thread, link)->ours && e->message->text[0];
}

bool dc_message_wanted(const struct event *e)
{
    const struct dc_message *m = e->message;
    if (m->author_bot || m->webhook || !m->speaks || strcmp(m->author_id, e->a->me.user_id) == 0)
        return false;
    return m->dm || m->mentions_us || m->replies_to_us || in_our_thread(e);
}

void dc_message_run(struct event *e)
{
    const struct dc_message *m = e->message;
    if (!dc_event_allowed(e)) {
        if (m->dm)
            dc_post_why(e, TEXT_DENIED);
        dc_event_done(e);
    } else if (m->text[0]) {
        dc_question_ask(e, m->text, "", "");
    } else {
        dc_post_why(e, m->attachments ? TEXT_MEDIA : TEXT_EMPTY);
        dc_event_done(e);
    }
}
