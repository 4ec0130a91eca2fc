/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes at the gate. What it lets in must have exactly one reading: however the bytes arrive
 * the end is found at the same place, a second and naive reading of the lines finds the same
 * framing fields, and the decoded path names nothing but itself.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf.h"
#include "io/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static ptrdiff_t scan_in_steps(const char *bytes, size_t len, size_t step)
{
    size_t seen = 0;
    while (seen < len) {
        size_t now = len - seen < step ? len : seen + step;
        ptrdiff_t end = gate_scan(bytes, now, seen);
        if (end)
            return end;
        seen = now;
    }
    return 0;
}

struct naive {
    int hosts, lengths, codings;
};

/* Counts framing fields as the most careless parser would: by line, white space anywhere. */
static struct naive read_naively(const char *bytes, size_t len)
{
    struct naive n = { 0 };
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\n')
            continue;
        size_t at = i + 1;
        while (at < len && (bytes[at] == ' ' || bytes[at] == '\t'))
            at++;
        n.hosts += len - at > 4 && !strncasecmp(bytes + at, "host", 4) && strchr(" \t:", bytes[at + 4]);
        n.lengths +=
            len - at > 14 && !strncasecmp(bytes + at, "content-length", 14) && strchr(" \t:", bytes[at + 14]);
        n.codings += len - at > 17 && !strncasecmp(bytes + at, "transfer-encoding", 17) &&
                     strchr(" \t:", bytes[at + 17]);
    }
    return n;
}

static void check_target(struct gate_head *head)
{
    size_t cap = head->target.len + 1;
    char *path = malloc(cap);
    struct str query;
    must(path);
    if (gate_target(head, path, cap, &query) == 0) {
        size_t n = strlen(path);
        must(path[0] == '/' && n < cap && utf8_valid(path, n));
        must(!strstr(path, "/../") && !strstr(path, "/./") && !strchr(path, '\\'));
        must(n < 3 || strcmp(path + n - 3, "/..") != 0);
    } else {
        must(head->fault && head->fault->status == 400);
    }
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of the exact size, so that ASan sees one byte too many. */
    char *bytes = malloc(size ? size : 1);
    must(bytes);
    memcpy(bytes, data, size);
    ptrdiff_t end = gate_scan(bytes, size, 0);
    must(scan_in_steps(bytes, size, 1) == end);
    must(scan_in_steps(bytes, size, 7) == end);
    struct gate_head head;
    if (end > 0 && gate_read(&head, bytes, (size_t)end) == 0) {
        struct naive n = read_naively(bytes, (size_t)end);
        must(n.hosts == (head.host.at ? 1 : 0) && (head.host.at || head.minor == 0));
        must(n.lengths == (head.length >= 0) && n.codings == head.chunked);
        must(n.lengths + n.codings <= 1);
        must(!head.websocket || (n.lengths + n.codings == 0 && str_eqs(head.method, "GET")));
        must(head.fields <= GATE_FIELDS_MAX);
        check_target(&head);
    } else if (end > 0) {
        must(head.fault && head.fault->status >= 400);
    }
    free(bytes);
    return 0;
}
