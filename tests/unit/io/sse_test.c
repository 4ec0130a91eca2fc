/* SPDX-License-Identifier: Apache-2.0
 *
 * The event stream parser: every string of the corpus gives the same events whole, byte by
 * byte, and cut at every place; the examples of the WHATWG standard; the size limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/sse.h"

#define MAX 64

/* Events as text: "event|data|id;" */
static int note_event(void *ctx, const char *event, const char *data, size_t len, const char *id)
{
    struct buf *out = ctx;
    assert_int_equal(data[len], '\0');
    buf_printf(out, "%s|", event);
    buf_add(out, data, len);
    buf_printf(out, "|%s;", id);
    return 0;
}

/* Feeds `text` in pieces: `first` bytes, then `step` at a time (0 = all the rest). */
static int feed_cut(const char *text, size_t len, size_t first, size_t step, struct buf *out)
{
    struct sse s;
    int r = 0;
    sse_init(&s, MAX, note_event, out);
    for (size_t at = 0; at < len && !r;) {
        size_t n = at < first ? first - at : step ? step : len - at;
        n = n < len - at ? n : len - at;
        char *piece = malloc(n); /* of exactly its size, for the sanitizers */
        assert_non_null(piece);
        memcpy(piece, text + at, n);
        r = sse_feed(&s, piece, n);
        free(piece);
        at += n;
    }
    sse_free(&s);
    return r;
}

static void expect_events(struct str text, int code, const char *events)
{
    for (size_t first = 0; first <= text.len; first++) {
        for (size_t step = 0; step < 4; step++) {
            struct buf out = BUF_INIT(1 << 20);
            assert_int_equal(feed_cut(text.at, text.len, first, step, &out), code);
            assert_string_equal(buf_text(&out), events);
            buf_free(&out);
        }
    }
}

#define TEXT(t)                                                                                              \
    {                                                                                                        \
        "" t, sizeof(t) - 1                                                                                  \
    } /* STR is no constant expression */

struct row {
    struct str text;
    const char *events;
};

static const struct row corpus[] = {
    { TEXT(""), "" },
    { TEXT("\n\n\n"), "" },
    { TEXT("data: hello\n\n"), "message|hello|;" },
    { TEXT("data:hello\r\n\r\n"), "message|hello|;" },
    { TEXT("data:hello\r\r"), "message|hello|;" },
    { TEXT("data: a\rdata: b\r\ndata: c\n\r\n"), "message|a\nb\nc|;" },
    { TEXT("data:  two spaces \n\n"), "message| two spaces |;" },
    { TEXT("data\n\ndata\ndata\n\ndata:"), "message||;message|\n|;" }, /* the standard's example */
    { TEXT(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"),
      "message|first event|1;message|second event|;" }, /* the standard's example: the third is not complete
                                                         */
    { TEXT("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n"), "add|73857293|;remove|2153|;" },
    { TEXT("event: gone\n\ndata: x\n\n"), "message|x|;" }, /* no data: no event, and its name is forgotten */
    { TEXT("id: 7\n\ndata: x\n\ndata: y\n\n"), "message|x|7;message|y|7;" },
    { TEXT("id: 7\ndata: x\n\nid:\ndata: y\n\n"), "message|x|7;message|y|;" },
    { TEXT("id: 1\0002\ndata: x\n\n"), "message|x|;" }, /* an id with NUL is ignored */
    { TEXT("event: \0z\ndata: x\n\n"), "message|x|;" }, /* a name that C cannot see is none */
    { TEXT("data: x\nretry: 10\nunknown: y\nDATA: z\n data: w\n\n"), "message|x|;" },
    { TEXT("\xEF\xBB\xBF"
           "data: bom\n\n"),
      "message|bom|;" },
    { TEXT("\xEF\xBB\xBF\xEF\xBB\xBF"
           "data: bom\n\ndata: x\n\n"),
      "message|x|;" },
    { TEXT("\n\xEF\xBB\xBF"
           "data: late bom\n\n"),
      "" },
    { TEXT("data: caf\xC3\xA9 \xF0\x9F\x99\x82\n\n"), "message|caf\xC3\xA9 \xF0\x9F\x99\x82|;" },
    { TEXT("data: \xFF\xFE broken\n\n"), "message|\xFF\xFE broken|;" },
    { TEXT("data: {\"a\":\"b:c\"}\n\n"), "message|{\"a\":\"b:c\"}|;" },
    { TEXT("data: [DONE]\n\ndata: [DONE]\n\n"), "message|[DONE]|;message|[DONE]|;" },
    { TEXT(":\n:\n:keep-alive\n\n"), "" },
    { TEXT("data: cut"), "" },
    { TEXT("data: x\r\n\r"), "message|x|;" }, /* the event is not held back for a perhaps following LF */
    { TEXT("data: x\n\r\ndata: y\r\n\n"), "message|x|;message|y|;" },
};

static void sse__any_split_gives_the_same_events(void **state X_UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(corpus); i++)
        expect_events(corpus[i].text, 0, corpus[i].events);
}

static void sse__nul_bytes_in_data_stay(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1000);
    struct sse s;
    sse_init(&s, MAX, note_event, &out);
    assert_int_equal(sse_feed(&s, "data: a\0b\n\n", 11), 0);
    assert_int_equal(out.len, strlen("message|") + 3 + strlen("|;"));
    assert_memory_equal(out.at + 8, "a\0b", 3);
    sse_free(&s);
    buf_free(&out);
}

static void limit_text(struct buf *text, const char *head, size_t fill, const char *tail)
{
    buf_init(text, 1 << 16);
    buf_adds(text, head);
    for (size_t i = 0; i < fill; i++)
        buf_addc(text, 'x');
    buf_adds(text, tail);
}

static void sse__data_up_to_the_limit(void **state X_UNUSED)
{
    struct buf text, want = BUF_INIT(1000);
    limit_text(&text, "data: ", MAX, "\n\n");
    buf_adds(&want, "message|");
    for (int i = 0; i < MAX; i++)
        buf_addc(&want, 'x');
    buf_adds(&want, "|;");
    expect_events((struct str){ text.at, text.len }, 0, buf_text(&want));
    buf_free(&text);
    buf_free(&want);
}

static void sse__over_the_limit_ends_the_stream(void **state X_UNUSED)
{
    struct buf text;
    limit_text(&text, "data: ok\n\ndata: ", MAX + 1, "\n\ndata: never\n\n");
    expect_events((struct str){ text.at, text.len }, X_E_LIMIT, "message|ok|;");
    buf_free(&text);
    limit_text(&text, ":", MAX * 3, ""); /* a line without end */
    expect_events((struct str){ text.at, text.len }, X_E_LIMIT, "");
    buf_free(&text);
    limit_text(&text, "data: ", MAX / 2, "\ndata: 0123456789012345678901234567890123456789\n\n");
    expect_events((struct str){ text.at, text.len }, X_E_LIMIT, "");
    buf_free(&text);
    limit_text(&text, "data:", 0, "");
    for (int i = 0; i < MAX; i++) /* many empty lines of one event count too */
        buf_adds(&text, "\ndata:");
    buf_adds(&text, "\ndata:\n\n");
    expect_events((struct str){ text.at, text.len }, X_E_LIMIT, "");
    buf_free(&text);
}

static void sse__limit_sticks(void **state X_UNUSED)
{
    struct buf text, out = BUF_INIT(1000);
    struct sse s;
    sse_init(&s, MAX, note_event, &out);
    limit_text(&text, "data: ", MAX + 1, "\n");
    assert_int_equal(sse_feed(&s, text.at, text.len), X_E_LIMIT);
    assert_int_equal(sse_feed(&s, "\n\ndata: x\n\n", 11), X_E_LIMIT);
    assert_int_equal(out.len, 0);
    sse_free(&s);
    buf_free(&text);
    buf_free(&out);
}

static int stop_second(void *ctx, const char *event X_UNUSED, const char *data, size_t len X_UNUSED,
                       const char *id X_UNUSED)
{
    int *seen = ctx;
    ++*seen;
    return strcmp(data, "stop") == 0 ? X_E_CLOSED : 0;
}

static void sse__the_reader_stops_the_feed(void **state X_UNUSED)
{
    static const char text[] = "data: a\n\ndata: stop\n\ndata: c\n\n";
    int seen = 0;
    struct sse s;
    sse_init(&s, MAX, stop_second, &seen);
    assert_int_equal(sse_feed(&s, text, sizeof text - 1), X_E_CLOSED);
    assert_int_equal(seen, 2);
    assert_int_equal(sse_feed(&s, "data: d\n\n", 9), 0); /* and may be fed again */
    assert_int_equal(seen, 3);
    sse_free(&s);
}

static void sse__long_stream_keeps_little(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(64 << 20);
    struct sse s;
    sse_init(&s, 1 << 16, note_event, &out);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(sse_feed(&s, "data: some words of an answer\n\n", 31), 0);
    assert_true(s.line.cap + s.data.cap + s.event.cap + s.id.cap < 4096);
    sse_free(&s);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sse__any_split_gives_the_same_events),
        cmocka_unit_test(sse__nul_bytes_in_data_stay),
        cmocka_unit_test(sse__data_up_to_the_limit),
        cmocka_unit_test(sse__over_the_limit_ends_the_stream),
        cmocka_unit_test(sse__limit_sticks),
        cmocka_unit_test(sse__the_reader_stops_the_feed),
        cmocka_unit_test(sse__long_stream_keeps_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
