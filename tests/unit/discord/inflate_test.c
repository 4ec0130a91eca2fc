/* SPDX-License-Identifier: Apache-2.0
 *
 * The compressed transport: payloads over one stream, in pieces, and what is broken or too much.
 */
#include "tests/unit/discord/wire_kit.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#include "adapters/discord/inflate.h"

#define MAX 200000

struct stream {
    z_stream z;
    unsigned char out[65536];
    size_t len;
};

static void stream_open(struct stream *s)
{
    *s = (struct stream){ .len = 0 };
    assert_int_equal(deflateInit(&s->z, 6), Z_OK);
}

/* As Discord sends it: the stream goes on, and ends with a sync flush for now. */
static void press(struct stream *s, const char *text, size_t len)
{
    s->z.next_in = (const Bytef *)text;
    s->z.avail_in = (uInt)len;
    s->z.next_out = s->out;
    s->z.avail_out = sizeof s->out;
    assert_int_equal(deflate(&s->z, Z_SYNC_FLUSH), Z_OK);
    assert_int_equal(s->z.avail_in, 0);
    s->len = sizeof s->out - s->z.avail_out;
}

static struct dc_inflate *opened(void)
{
    struct dc_inflate *z = NULL;
    assert_int_equal(dc_inflate_open(&z, MAX), 0);
    return z;
}

static void expect(struct dc_inflate *z, struct stream *s, const char *text)
{
    struct str got;
    press(s, text, strlen(text));
    assert_int_equal(dc_inflate_add(z, s->out, s->len, &got), 0);
    assert_true(str_eqs(got, text));
    assert_int_equal(got.at[got.len], '\0');
}

static void payloads__share_one_stream(void **state X_UNUSED)
{
    struct dc_inflate *z = opened();
    struct stream s;
    stream_open(&s);
    expect(z, &s, "{\"op\":10}");
    expect(z, &s, "{\"op\":0,\"d\":\"h\u00e9llo\"}");
    size_t first = s.len;
    expect(z, &s, "{\"op\":0,\"d\":\"h\u00e9llo\"}");
    assert_true(s.len < first); /* what was said before is referred to */
    deflateEnd(&s.z);
    stream_open(&s);
    dc_inflate_reset(z); /* another connection, another stream */
    expect(z, &s, "{\"op\":10}");
    deflateEnd(&s.z);
    dc_inflate_close(z);
    dc_inflate_close(NULL);
}

static void pieces__wait_for_their_end(void **state X_UNUSED)
{
    static const char text[] =
        "{\"op\":0,\"s\":7,\"t\":\"MESSAGE_CREATE\",\"d\":{\"content\":\"in pieces\"}}";
    struct dc_inflate *z = opened();
    struct stream s;
    struct str got;
    stream_open(&s);
    for (int round = 0; round < 2; round++) {
        press(&s, text, strlen(text));
        for (size_t i = 0; i + 1 < s.len; i++) {
            assert_int_equal(dc_inflate_add(z, s.out + i, 1, &got), 0);
            assert_null(got.at);
        }
        assert_int_equal(dc_inflate_add(z, s.out + s.len - 1, 1, &got), 0);
        assert_true(str_eqs(got, text));
    }
    assert_int_equal(dc_inflate_add(z, "", 0, &got), 0);
    deflateEnd(&s.z);
    dc_inflate_close(z);
}

static void refused__noise_text_that_is_none_and_a_stream_that_ends(void **state X_UNUSED)
{
    struct dc_inflate *z = opened();
    struct stream s;
    struct str got;
    assert_int_equal(dc_inflate_add(z, "{\"op\":10}", 9, &got), X_E_INVALID);
    dc_inflate_reset(z);
    stream_open(&s);
    press(&s, "\xff\xfe", 2);
    assert_int_equal(dc_inflate_add(z, s.out, s.len, &got), X_E_INVALID);
    assert_null(got.at);
    deflateEnd(&s.z);
    stream_open(&s);
    dc_inflate_reset(z);
    expect(z, &s, "{}");
    s.out[0] ^= 0xff; /* the same again, in the middle of a stream, changed */
    s.out[1] = 0xff;
    assert_int_not_equal(dc_inflate_add(z, s.out, s.len, &got), 0);
    deflateEnd(&s.z);
    dc_inflate_close(z);
}

static void refused__more_than_it_may_be(void **state X_UNUSED)
{
    struct dc_inflate *z = opened();
    struct stream s;
    struct str got;
    char *text = calloc(1, 16 * MAX);
    assert_non_null(text);
    memset(text, ' ', 16 * MAX);
    stream_open(&s);
    press(&s, text, MAX - 1);
    assert_int_equal(dc_inflate_add(z, s.out, s.len, &got), 0);
    assert_int_equal(got.len, MAX - 1);
    press(&s, text, 16 * MAX); /* a few kilobytes */
    assert_true(s.len < 8192);
    assert_int_equal(dc_inflate_add(z, s.out, s.len, &got), X_E_LIMIT);
    assert_int_equal(dc_inflate_add(z, text, MAX + 1, &got), X_E_LIMIT);
    deflateEnd(&s.z);
    free(text);
    dc_inflate_close(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads__share_one_stream),
        cmocka_unit_test(pieces__wait_for_their_end),
        cmocka_unit_test(refused__noise_text_that_is_none_and_a_stream_that_ends),
        cmocka_unit_test(refused__more_than_it_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
