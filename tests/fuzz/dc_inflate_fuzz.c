/* SPDX-License-Identifier: Apache-2.0
 *
 * A compressed stream as somebody in Discord's place may send it. The first byte says in how long pieces the
 * rest arrives. What is given out is whole text within its limit; whatever was broken, a stream that begins
 * anew is read.
 */
#include <string.h>

#include "adapters/discord/inflate.h"
#include "base/utf.h"
#include "tests/fuzz/dc_checks.h"

#define MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_anew(struct dc_inflate *z)
{
    static const unsigned char empty_object[] = {
        0x78, 0x9c, 0xaa, 0xae, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff
    };
    struct str payload;
    dc_inflate_reset(z);
    must(dc_inflate_add(z, empty_object, sizeof empty_object, &payload) == 0, "a new stream is read");
    must(str_eqs(payload, "{}"), "and says what it holds");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dc_inflate *z = NULL;
    struct str payload = { NULL, 0 };
    size_t step = size ? data[0] + 1U : 1, at = 1;
    int rc = 0;
    must(dc_inflate_open(&z, MAX) == 0, "there is memory");
    while (at < size && rc == 0) {
        size_t n = size - at < step ? size - at : step;
        rc = dc_inflate_add(z, data + at, n, &payload);
        must(rc == 0 || rc == X_E_INVALID || rc == X_E_LIMIT, "it is taken or refused");
        must(rc == 0 || !payload.at, "what is refused gives nothing");
        must(!payload.at || (payload.len <= MAX && payload.at[payload.len] == '\0'), "a payload has its end");
        must(!payload.at || utf8_valid(payload.at, payload.len), "a payload is text");
        at += n;
    }
    check_anew(z);
    dc_inflate_close(z);
    return 0;
}
