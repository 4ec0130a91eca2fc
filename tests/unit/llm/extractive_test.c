/* SPDX-License-Identifier: Apache-2.0
 *
 * What the built-in provider answers from passages as the index makes them: chunks with
 * headings, lists, half sentences and overlaps. Sentences are asked for by what they must
 * hold, not word for word, so that a better choice does not break the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>
#include <parley/provider.h>

#include "base/str.h"
#include "base/utf.h"
#include "llm/llm.h"

static const struct turn_passages staking = {
    .at = {
        { "How to stake ETH", "staking.md",
          "participation in consensus. A validator needs 32 ETH to be activated. Staking locks ether "
          "as a deposit, and the network pays rewards of about 3 percent a year for it. It is done "
          "with a validator of your own or through a pool. Rewards are not guaranteed, and they change "
          "with the", 1.0, 1 },
        { "Unstaking ETH", "unstaking.md",
          "## How long it takes\n\nUnstaking takes between one day and several weeks. The exit queue "
          "lets only a limited amount of stake leave in each epoch. After that comes a fixed delay of "
          "27 hours.\n\n- Keep the validator online until its exit.\n- An exit is final.", 0.9, 2 },
        { "Hardware wallets", "hardware.md",
          "A hardware wallet is a small device that stores private keys. It signs transactions inside, "
          "so the keys never reach the computer. Ledger and Trezor are well-known makers. Buy one only "
          "from the maker.", 0.7, 3 },
        { "Frequently asked questions", "faq.md",
          "What does a transfer cost?\nA simple transfer uses 21,000 gas. Can I cancel a payment? A "
          "confirmed payment cannot be cancelled. Do I pay tax? In many countries you do.", 0.6, 4 },
        { "Seed phrases", "seed.md",
          "A seed phrase is a list of 12 or 24 words that is the master key of a wallet [3]. Whoever "
          "has it can take the coins[^2]. Never type it into a website, and never send it to anybody.",
          0.5, 5 },
    },
    .len = 5,
};

struct heard {
    struct buf text;
    struct llm_result result;
    int ends, texts, full_at, cancel_at;
    struct provider_call *call;
};

static int on_text(void *ctx, const char *bytes, size_t len)
{
    struct heard *h = ctx;
    buf_add(&h->text, bytes, len);
    h->texts++;
    if (h->texts == h->cancel_at)
        provider_extractive.cancel(h->call);
    return h->texts == h->full_at || h->full_at < 0 ? X_E_FULL : 0;
}

static void on_end(void *ctx, const struct llm_result *r)
{
    struct heard *h = ctx;
    h->result = *r;
    h->ends++;
}

static void ask(struct heard *h, const char *question, const struct turn_passages *p, const char *language)
{
    const struct llm_request req = { .question = question, .passages = p, .language = language };
    const struct llm_sink sink = { .ctx = h, .text = on_text, .end = on_end };
    buf_init(&h->text, 1U << 16);
    assert_int_equal(provider_extractive.start(NULL, &req, &sink, &h->call, NULL), 0);
}

static const char *answer(struct heard *h, const char *question)
{
    memset(h, 0, sizeof *h);
    ask(h, question, &staking, "en");
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->result.end, LLM_OK);
    return buf_text(&h->text);
}

static bool is_notice(const char *text)
{
    return strstr(text, "could not find") && !strchr(text, '[');
}

/* ---- quality ---- */

static void extractive__answers_hold_what_was_asked(void **state X_UNUSED)
{
    static const struct {
        const char *question, *first, *citation;
    } row[] = {
        { "How do I stake ETH?", "Staking locks ether as a deposit", "[1]" },
        { "What are the staking rewards?", "rewards of about 3 percent", "[1]" },
        { "how much eth does a validator need", "A validator needs 32 ETH", "[1]" },
        { "How long does unstaking take?", "Unstaking takes between one day", "[2]" },
        { "What is the exit queue?", "The exit queue lets only", "[2]" },
        { "What is a hardware wallet?", "A hardware wallet is a small device", "[3]" },
        { "Do the keys ever reach my computer?", "the keys never reach the computer", "[3]" },
        { "Who makes hardware wallets, Ledger or Trezor?", "Ledger and Trezor", "[3]" },
        { "What does a transfer cost?", "A simple transfer uses 21,000 gas", "[4]" },
        { "Can I cancel a payment?", "A confirmed payment cannot be cancelled", "[4]" },
        { "What is a seed phrase?", "A seed phrase is a list of 12 or 24 words", "[5]" },
        { "Should I type my seed into a website?", "Never type it into a website", "[5]" },
        { "WAS IST EIN VALIDATOR? validator", "A validator needs 32 ETH", "[1]" },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct heard h;
        const char *text = answer(&h, row[i].question);
        const char *at = strstr(text, row[i].first), *cited = strchr(text, '[');
        if (!at || !cited || strncmp(cited, row[i].citation, 3) != 0)
            fail_msg("%s\n-> %s", row[i].question, text);
        buf_free(&h.text);
    }
}

static void extractive__says_when_the_documents_do_not_hold_it(void **state X_UNUSED)
{
    static const char *const question[] = {
        "What is the best pizza topping?",
        "Who won the 2022 World Cup?",
        "What is the capital of France?",
        "How do I reset my Netflix password?",
        "Write a poem about my cat",
        "hello",
        "",
        "???",
        "How do I do it?",
        "How do I stake SOL on Solana?",
    };
    for (size_t i = 0; i < ARRAY_LEN(question); i++) {
        struct heard h;
        if (!is_notice(answer(&h, question[i])))
            fail_msg("%s\n-> %s", question[i], buf_text(&h.text));
        assert_int_equal(h.result.cost_nusd, 0);
        buf_free(&h.text);
    }
}

static void extractive__headings_and_questions_are_not_answers(void **state X_UNUSED)
{
    struct heard h;
    assert_null(strstr(answer(&h, "How long does unstaking ETH take?"), "How long it takes"));
    buf_free(&h.text);
    assert_null(strchr(answer(&h, "What does a transfer cost?"), '?'));
    buf_free(&h.text);
}

static void extractive__half_sentences_stay_out(void **state X_UNUSED)
{
    struct heard h;
    const char *text = answer(&h, "Are the rewards of staking guaranteed, and how do they change?");
    assert_non_null(strstr(text, "rewards of about 3 percent"));
    assert_null(strstr(text, "they change with the"));
    buf_free(&h.text);
}

static void extractive__it_brings_what_it_points_to(void **state X_UNUSED)
{
    static const struct turn_passages p = {
        .at = { { "Pools", "p.md", "A rocket pool needs no 32 ether. It charges a commission of ten percent.",
                  1, 1 } },
        .len = 1,
    };
    struct heard h = { 0 };
    ask(&h, "What commission is charged?", &p, "en");
    assert_string_equal(buf_text(&h.text),
                        "A rocket pool needs no 32 ether [1]. It charges a commission of ten percent [1].");
    buf_free(&h.text);
}

static void extractive__repetitions_are_said_once(void **state X_UNUSED)
{
    static const struct turn_passages p = {
        .at = { { "A", "a.md", "Gas fees rise when many people use the network. Fees fall at night.", 1, 1 },
                { "A", "a.md", "Gas fees rise when many people use the network. Wait for the weekend.", 0.9,
                  2 } },
        .len = 2,
    };
    struct heard h = { 0 };
    ask(&h, "When do gas fees rise?", &p, "en");
    const char *first = strstr(buf_text(&h.text), "Gas fees rise when many");
    assert_non_null(first);
    assert_null(strstr(first + 1, "Gas fees rise when many"));
    buf_free(&h.text);
}

static void extractive__the_documents_citations_are_not_ours(void **state X_UNUSED)
{
    struct heard h;
    const char *text = answer(&h, "What is a seed phrase, who has it and can take the coins?");
    assert_non_null(strstr(text, "the master key of a wallet [5]."));
    assert_non_null(strstr(text, "can take the coins [5]."));
    assert_null(strstr(text, "[3]"));
    assert_null(strstr(text, "^"));
    buf_free(&h.text);
}

static void extractive__keeps_the_order_of_the_document(void **state X_UNUSED)
{
    struct heard h;
    const char *text = answer(&h, "How does a hardware wallet store private keys and sign transactions?");
    const char *stores = strstr(text, "stores private keys"), *signs = strstr(text, "signs transactions");
    assert_true(stores && signs && stores < signs);
    buf_free(&h.text);
}

static void extractive__other_scripts(void **state X_UNUSED)
{
    static const struct turn_passages p = {
        .at = { { "质押", "zh.md", "比特币是一种数字货币。质押以太坊需要三十二个以太币。奖励每天发放。", 1,
                  1 },
                { "Стейкинг", "ru.md",
                  "Кошелёк хранит ключи. Комиссия сети зависит от нагрузки. Она сгорает.", 0.9, 2 },
                { "ステーキング", "ja.md",
                  "ウォレットは秘密鍵を保管します。手数料はネットワークの混雑で変わります。", 0.8, 3 },
                { "Gebühren", "de.md", "Die Gebühr hängt von der Auslastung ab. Ein Konto hat eine Adresse.",
                  0.7, 4 },
                { "Monedero", "es.md",
                  "Las comisiones dependen de la congestión. La frase semilla es secreta.", 0.6, 5 } },
        .len = 5,
    };
    static const struct {
        const char *question, *text;
    } row[] = {
        { "如何质押以太坊？", "质押以太坊需要三十二个以太币 [1]。" },
        { "От чего зависит комиссия сети?", "Комиссия сети зависит от нагрузки [2]." },
        { "秘密鍵はどこに保管されますか", "ウォレットは秘密鍵を保管します [3]。" },
        { "Wovon hängen die Gebühren ab?", "Die Gebühr hängt von der Auslastung ab [4]." },
        { "¿De qué depende la comision?", "Las comisiones dependen de la congestión [5]." },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct heard h = { 0 };
        ask(&h, row[i].question, &p, "en");
        if (!strstr(buf_text(&h.text), row[i].text))
            fail_msg("%s\n-> %s", row[i].question, buf_text(&h.text));
        buf_free(&h.text);
    }
}

/* ---- limits and hostility ---- */

static void extractive__notice_in_the_language_asked(void **state X_UNUSED)
{
    static const char *const language[][2] = {
        { "en", "documents" }, { "de", "Dokumente" },     { "es", "documentos" }, { "fr", "documents" },
        { "it", "documenti" }, { "pt-BR", "documentos" }, { "ru", "документах" }, { "ja", "資料" },
        { "zh-Hans", "文档" }, { "DE", "Dokumente" },     { "xx", "I could" },    { "", "I could" },
        { "d", "I could" },    { "deu", "I could" },
    };
    static const struct turn_passages none = { .len = 0 };
    for (size_t i = 0; i < ARRAY_LEN(language); i++) {
        struct heard h = { 0 };
        ask(&h, "How do I stake ETH?", &none, language[i][0]);
        assert_non_null(strstr(buf_text(&h.text), language[i][1]));
        assert_null(strchr(buf_text(&h.text), '['));
        assert_true(h.result.tokens_in > 0 && h.result.tokens_out > 0);
        buf_free(&h.text);
    }
    struct heard h = { 0 };
    ask(&h, "stake", &none, NULL);
    assert_true(is_notice(buf_text(&h.text)));
    buf_free(&h.text);
}

static void extractive__stays_short(void **state X_UNUSED)
{
    static char text[20000];
    static struct turn_passages p = { .len = TURN_PASSAGES_MAX };
    size_t n = 0;
    for (int i = 0; n + 200 < sizeof text; i++)
        n += (size_t)snprintf(
            text + n, sizeof text - n,
            "Wallet fee number %d costs %d satoshi on day %d of the long \xC3\xA9t\xC3\xA9 %d. ", i, i * 7,
            i * 13, i * 17);
    for (size_t i = 0; i < p.len; i++)
        p.at[i] = (struct passage){ "Wallet fees", "w.md", text + 64 * i, 1, (int64_t)i };
    struct heard h = { 0 };
    ask(&h, "What is the wallet fee?", &p, "en");
    size_t cited = 0;
    for (const char *at = buf_text(&h.text); (at = strchr(at, '[')); at++)
        cited++;
    assert_true(cited >= 1 && cited <= 5);
    assert_true(utf8_count(buf_text(&h.text), h.text.len) <= 900 + 5 * 7);
    buf_free(&h.text);
}

static uint32_t next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

static void extractive__random_text_stays_valid(void **state X_UNUSED)
{
    static const char *const part[] = { "wallet ", "fee. ", "\n# ", "\n- ", "1. ",  "質押",
                                        "。",      "[1]",   "[",    "^]",   "é",    "\xF0\x9F\x92\xB0",
                                        "? ",      "\n\n",  "|",    "It ",  "... ", "\t",
                                        "\"",      "#",     "-" };
    uint32_t x = 20261120;
    for (int round = 0; round < 2000; round++) {
        char text[3][600];
        struct turn_passages p = { .len = 3 };
        for (size_t k = 0; k < 3; k++) {
            text[k][0] = '\0';
            for (size_t n = 0, len; n < 550; n += len) {
                const char *add = part[next_random(&x) % ARRAY_LEN(part)];
                len = strlen(add);
                memcpy(text[k] + n, add, len + 1);
            }
            p.at[k] = (struct passage){ text[k], "", text[k], (double)next_random(&x) / 1e9 - 1, 0 };
        }
        struct heard h = { 0 };
        ask(&h, text[next_random(&x) % 3], &p, "en");
        assert_int_equal(h.ends, 1);
        assert_true(h.text.len > 0);
        assert_true(utf8_valid(h.text.at, h.text.len));
        buf_free(&h.text);
    }
}

static void extractive__long_lines_are_no_sentences(void **state X_UNUSED)
{
    static char text[9000];
    static struct turn_passages p = { .len = 1 };
    for (size_t n = 0; n + 12 < sizeof text; n += 11)
        memcpy(text + n, "wallet fee ", 12);
    p.at[0] = (struct passage){ "", "", text, 1, 0 };
    struct heard h = { 0 };
    ask(&h, "wallet fee", &p, "en");
    assert_true(is_notice(buf_text(&h.text)));
    buf_free(&h.text);
}

/* ---- the provider's side ---- */

static void extractive__waits_when_the_reader_is_full(void **state X_UNUSED)
{
    const struct llm_request req = { .question = "How does a hardware wallet sign transactions?",
                                     .passages = &staking };
    struct heard whole, h = { .full_at = -1 };
    answer(&whole, req.question);
    assert_true(whole.texts >= 2);
    ask(&h, req.question, &staking, "en");
    for (int i = 1; i < whole.texts; i++) {
        assert_int_equal(h.texts, i);
        assert_int_equal(h.ends, 0);
        provider_extractive.resume(h.call);
    }
    assert_int_equal(h.ends, 1);
    assert_string_equal(buf_text(&h.text), buf_text(&whole.text));
    buf_free(&h.text);
    buf_free(&whole.text);
}

static void extractive__cancel_is_silent(void **state X_UNUSED)
{
    struct heard paused = { .full_at = 1 }, inside = { .cancel_at = 1 };
    ask(&paused, "How does a hardware wallet sign transactions?", &staking, "en");
    provider_extractive.cancel(paused.call);
    ask(&inside, "How does a hardware wallet sign transactions?", &staking, "en");
    assert_int_equal(paused.ends + inside.ends, 0);
    assert_int_equal(inside.texts, 1);
    buf_free(&paused.text);
    buf_free(&inside.text);
}

static void extractive__is_fast(void **state X_UNUSED)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 50; i++) {
        struct heard h;
        int64_t from = clock_mono_us();
        answer(&h, "How long does it take to unstake my ETH from a validator with a hardware wallet?");
        int64_t took = clock_mono_us() - from;
        best = took < best ? took : best;
        buf_free(&h.text);
    }
    print_message("             %lld us\n", (long long)best);
    assert_true(best < 3000); /* 300 us is the mark of a build without sanitizers on an idle machine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extractive__answers_hold_what_was_asked),
        cmocka_unit_test(extractive__says_when_the_documents_do_not_hold_it),
        cmocka_unit_test(extractive__headings_and_questions_are_not_answers),
        cmocka_unit_test(extractive__half_sentences_stay_out),
        cmocka_unit_test(extractive__it_brings_what_it_points_to),
        cmocka_unit_test(extractive__repetitions_are_said_once),
        cmocka_unit_test(extractive__the_documents_citations_are_not_ours),
        cmocka_unit_test(extractive__keeps_the_order_of_the_document),
        cmocka_unit_test(extractive__other_scripts),
        cmocka_unit_test(extractive__notice_in_the_language_asked),
        cmocka_unit_test(extractive__stays_short),
        cmocka_unit_test(extractive__random_text_stays_valid),
        cmocka_unit_test(extractive__long_lines_are_no_sentences),
        cmocka_unit_test(extractive__waits_when_the_reader_is_full),
        cmocka_unit_test(extractive__cancel_is_silent),
        cmocka_unit_test(extractive__is_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
