/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in provider: no model, no network, no key. It answers with the sentences of
 * the retrieved passages that hold most of the question, in the order in which they were
 * written, each with its citation; or it says that the documents do not hold the answer.
 * It never writes a sentence of its own except that one.
 *
 * The choice is greedy maximal marginal relevance: worth minus repetition. A sentence that
 * leans on the one before it ("It costs ...") brings that one along or stays out.
 * It compares words, not meanings: a passage that answers in other words is not seen.
 */
#include "llm/llm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/utf.h"
#include "llm/passages.h"

#define PICKS_MAX  5
#define CHARS_MAX  900  /* of all sentences, citations not counted */
#define ENOUGH     0.5  /* share of the question that one passage must hold */
#define HALF       0.34 /* or: this in one passage ... */
#define TOGETHER   0.8  /* ... when all of them hold this */
#define KEEP       0.6  /* of the best sentence's worth */
#define ELSEWHERE  0.75 /* for each passage more: an answer from one place reads better */
#define SHORT      120  /* characters below which an answer takes the next sentence along */
#define SAME       0.75 /* overlap from which a sentence is a repetition */
#define ANSWER_MAX 16384

struct provider {
    char unused;
};

struct provider_call {
    struct llm_sink sink;
    struct llm_result result;
    struct buf answer;
    size_t end[PICKS_MAX]; /* of each piece in `answer` */
    size_t pieces, sent;
    bool busy, dropped, full;
};

struct notice {
    const char *language, *text;
};

/* First is the fallback. */
static const struct notice notices[] = {
    { "en", "I could not find an answer to this question in the documents." },
    { "de", "Die Dokumente enthalten keine Antwort auf diese Frage." },
    { "es", "No he encontrado una respuesta a esta pregunta en los documentos." },
    { "fr", "Je n'ai pas trouvé de réponse à cette question dans les documents." },
    { "it", "Non ho trovato una risposta a questa domanda nei documenti." },
    { "pt", "Não encontrei uma resposta a esta pergunta nos documentos." },
    { "ru", "В документах нет ответа на этот вопрос." },
    { "ja", "この質問に対する答えは、資料の中に見つかりませんでした。" },
    { "zh", "在现有文档中没有找到这个问题的答案。" },
    { "nl", "De documenten bevatten geen antwoord op deze vraag." },
    { "pl", "W dokumentach nie ma odpowiedzi na to pytanie." },
    { "tr", "Belgelerde bu sorunun cevabı bulunmuyor." },
    { "uk", "У документах немає відповіді на це запитання." },
    { "ko", "문서에서 이 질문에 대한 답을 찾을 수 없습니다." },
};

static const char *notice_in(const char *language)
{
    size_t primary = language ? strcspn(language, "-_") : 0;
    for (size_t i = 0; i < ARRAY_LEN(notices); i++)
        if (primary == strlen(notices[i].language) && !strncasecmp(language, notices[i].language, primary))
            return notices[i].text;
    return notices[0].text;
}

/* ---- choice ---- */

struct choice {
    const struct passage_set *set;
    double worth[SENTENCES_MAX];
    bool picked[SENTENCES_MAX];
    bool used[TURN_PASSAGES_MAX];
    size_t pick[PICKS_MAX], picks; /* the picked ones, in no order */
    size_t chars, places;          /* places: passages used */
    double best;
    uint64_t covered;
};

static bool answerable(const struct passage_set *set)
{
    double best = 0;
    uint64_t all = 0;
    for (size_t i = 0; i < set->passages; i++) {
        double share = passages_cover(set, set->covers[i]);
        best = share > best ? share : best;
        all |= set->covers[i];
    }
    return best >= ENOUGH || (best >= HALF && passages_cover(set, all) >= TOGETHER);
}

/* Its own terms in full, those of title, heading or question before it by half. */
static double worth_of(const struct passage_set *set, const struct sentence *s, double passage_score)
{
    double own = passages_share(set, s->hits);
    double lent = passages_share(set, s->near & ~s->hits);
    bool told = s > set->at && s[-1].passage == s->passage && s[-1].question && s[-1].hits;
    if (s->heading || s->question || (!s->hits && !told))
        return 0;
    double worth = own + lent * (told ? 0.9 : 0.5);
    worth *= 0.75 + 0.25 * (passage_score > 0 && passage_score <= 1 ? passage_score : 0);
    worth *= 0.6 + 0.4 * passages_share(set, set->covers[s->passage]);
    worth *= 1 + 0.1 / (double)(s->order + 1) + (s->subject ? 0.15 : 0);
    if (!s->whole)
        worth *= s->torn ? 0.2 : 0.55;
    return s->words < 4 ? worth * 0.5 : s->words < 6 ? worth * 0.8 : worth;
}

static bool next_to_pick(const struct choice *c, size_t i)
{
    return i > 0 && c->picked[i - 1] && c->set->at[i - 1].passage == c->set->at[i].passage;
}

/* What the sentence adds to what is picked; negative = nothing. */
static double gain(const struct choice *c, size_t i)
{
    const struct sentence *s = &c->set->at[i];
    double like = 0;
    for (size_t k = 0; k < c->picks; k++) {
        double o = passages_overlap(s, &c->set->at[c->pick[k]]);
        like = o > like ? o : like;
    }
    if (like >= SAME)
        return -1;
    double value = c->worth[i] - 0.4 * c->best * like;
    value += 0.3 * passages_share(c->set, s->hits & ~c->covered);
    if (next_to_pick(c, i))
        value += 0.2 * c->best;
    return c->used[s->passage] ? value : value * pow(ELSEWHERE, (double)c->places);
}

static bool fits(const struct choice *c, size_t i)
{
    return c->picks < PICKS_MAX && c->chars + c->set->at[i].chars <= CHARS_MAX;
}

static void pick(struct choice *c, size_t i)
{
    bool *used = &c->used[c->set->at[i].passage];
    c->places += !*used;
    c->picked[i] = *used = true;
    c->pick[c->picks++] = i;
    c->chars += c->set->at[i].chars;
    c->covered |= c->set->at[i].hits;
}

static void drop(struct choice *c, size_t i)
{
    c->picked[i] = false;
    for (size_t k = 0; k < c->picks; k++)
        if (c->pick[k] == i)
            c->pick[k] = c->pick[--c->picks];
    c->chars -= c->set->at[i].chars;
}

static bool pick_best(struct choice *c)
{
    size_t at = 0;
    double most = 0;
    for (size_t i = 0; i < c->set->n; i++) {
        if (c->picked[i] || c->worth[i] <= 0 || !fits(c, i))
            continue;
        double g = gain(c, i);
        if (g > most) {
            most = g;
            at = i;
        }
    }
    if (most <= 0 || (c->picks > 0 && most < KEEP * c->best))
        return false;
    pick(c, at);
    return true;
}

/* A sentence that points back needs the one it points to. */
static void lean(struct choice *c)
{
    for (size_t i = c->set->n; i-- > 1;) {
        const struct sentence *s = &c->set->at[i], *before = s - 1;
        if (!c->picked[i] || !s->leaning || before->passage != s->passage || c->picked[i - 1] ||
            before->heading || before->question)
            continue;
        if (before->whole && fits(c, i - 1))
            pick(c, i - 1);
        else if (c->picks > 1)
            drop(c, i);
    }
}

/* What explains a picked sentence ("It ..."), or what follows the only, short one. */
static void extend(struct choice *c)
{
    for (size_t i = 1; i < c->set->n; i++) {
        const struct sentence *s = &c->set->at[i];
        bool wanted = s->leaning || (c->picks == 1 && c->chars < SHORT);
        if (wanted && next_to_pick(c, i) && !c->picked[i] && !s->new_line && !s->heading && !s->question &&
            s->whole && fits(c, i) && gain(c, i) >= 0)
            pick(c, i);
    }
}

static void choose(struct choice *c, const struct passage_set *set, const struct turn_passages *passages)
{
    memset(c, 0, sizeof *c);
    c->set = set;
    if (!answerable(set))
        return;
    for (size_t i = 0; i < set->n; i++) {
        c->worth[i] = worth_of(set, &set->at[i], passages->at[set->at[i].passage].score);
        c->best = c->worth[i] > c->best ? c->worth[i] : c->best;
    }
    while (c->picks < PICKS_MAX && pick_best(c)) {
    }
    lean(c);
    extend(c);
}

/* ---- writing ---- */

/* The document's own "[3]" would read as one of our citations. */
static size_t foreign_citation(const char *at, size_t len)
{
    size_t n = 1;
    while (n < len && n < 5 && ((at[n] >= '0' && at[n] <= '9') || at[n] == '^'))
        n++;
    return n > 1 && n < len && at[n] == ']' ? n + 1 : 0;
}

/* On one line, spaces single. */
static void write_clean(struct buf *out, struct str text)
{
    bool space = false;
    for (size_t i = 0; i < text.len;) {
        size_t skip = text.at[i] == '[' ? foreign_citation(text.at + i, text.len - i) : 0;
        if (skip) {
            i += skip;
            space = space && !(i < text.len && strchr(".,;:!?)", text.at[i]));
        } else if ((unsigned char)text.at[i] <= ' ') {
            space = true;
            i++;
        } else {
            if (space)
                buf_addc(out, ' ');
            space = false;
            buf_addc(out, text.at[i++]);
        }
    }
}

/* Bytes of the mark that ends the text: "." "?!" "。", 0 = none. */
static size_t ender(struct str text)
{
    static const char *const wide[] = { "\u3002", "\uFF01", "\uFF1F", "\u0964" };
    for (size_t i = 0; i < ARRAY_LEN(wide); i++)
        if (text.len > 3 && memcmp(text.at + text.len - 3, wide[i], 3) == 0)
            return 3;
    size_t n = 0;
    while (n < text.len && n < 3 && strchr(".!?", text.at[text.len - 1 - n]))
        n++;
    return n;
}

/* "Gas is a fee [2].": the number stands before the mark, so that it stays with its sentence on a stream. */
static void cite(struct buf *out, size_t n)
{
    char mark[4] = "";
    size_t len = ender((struct str){ out->at, out->len });
    if (len)
        memcpy(mark, out->at + out->len - len, len);
    out->len -= len;
    buf_printf(out, " [%zu]%s", n, mark);
}

static void write_passage(struct provider_call *call, const struct choice *c, size_t passage)
{
    const char *gap = call->pieces ? "\n\n" : "";
    for (size_t i = 0; i < c->set->n; i++) {
        const struct sentence *s = &c->set->at[i];
        if (!c->picked[i] || s->passage != passage)
            continue;
        buf_adds(&call->answer, gap);
        write_clean(&call->answer, s->text);
        cite(&call->answer, passage + 1);
        call->end[call->pieces++] = call->answer.len;
        gap = " ";
    }
}

/* Passages in the order of their best picked sentence. */
static void write_answer(struct provider_call *call, struct choice *c)
{
    bool written[TURN_PASSAGES_MAX] = { false };
    for (;;) {
        size_t at = SENTENCES_MAX;
        for (size_t i = 0; i < c->set->n; i++)
            if (c->picked[i] && !written[c->set->at[i].passage] &&
                (at == SENTENCES_MAX || c->worth[i] > c->worth[at]))
                at = i;
        if (at == SENTENCES_MAX)
            return;
        written[c->set->at[at].passage] = true;
        write_passage(call, c, c->set->at[at].passage);
    }
}

static int compose(struct provider_call *call, const struct llm_request *req)
{
    struct {
        struct passage_set set;
        struct choice choice;
    } *work = malloc(sizeof *work);
    if (!work)
        return -ENOMEM;
    passages_read(&work->set, req->question, req->passages);
    choose(&work->choice, &work->set, req->passages);
    write_answer(call, &work->choice);
    free(work);
    if (!call->pieces) {
        buf_adds(&call->answer, notice_in(req->language));
        call->end[call->pieces++] = call->answer.len;
    }
    return call->answer.failed ? -ENOMEM : 0;
}

static struct llm_result count(const struct provider_call *call, const struct llm_request *req)
{
    struct llm_result r = { .end = LLM_OK, .retry_after_ms = -1, .cost_nusd = 0 };
    r.tokens_in = llm_tokens(req->question);
    for (size_t i = 0; i < req->passages->len && i < TURN_PASSAGES_MAX; i++)
        r.tokens_in += llm_tokens(req->passages->at[i].text);
    r.tokens_out = llm_tokens(buf_text(&call->answer));
    return r;
}

/* ---- provider ---- */

static void call_free(struct provider_call *call)
{
    buf_free(&call->answer);
    free(call);
}

/* Sends until the sink is full, then waits for resume. */
static void run(struct provider_call *call)
{
    call->full = false;
    call->busy = true;
    while (call->sent < call->pieces && !call->full && !call->dropped) {
        size_t from = call->sent ? call->end[call->sent - 1] : 0;
        size_t len = call->end[call->sent++] - from;
        call->full = call->sink.text(call->sink.ctx, call->answer.at + from, len) == X_E_FULL;
    }
    call->busy = false;
    if (!call->dropped && call->sent < call->pieces)
        return;
    struct llm_sink sink = call->sink;
    struct llm_result result = call->result;
    bool silent = call->dropped;
    call_free(call);
    if (!silent)
        sink.end(sink.ctx, &result);
}

static int extractive_start(struct provider *p X_UNUSED, const struct llm_request *req,
                            const struct llm_sink *sink, struct provider_call **out, struct err *err)
{
    struct provider_call *call = calloc(1, sizeof *call);
    if (!call)
        return err_set(err, -ENOMEM, "no memory for a call");
    call->sink = *sink;
    buf_init(&call->answer, ANSWER_MAX);
    int rc = compose(call, req);
    if (rc) {
        call_free(call);
        return err_set(err, rc, "no memory for an answer");
    }
    call->result = count(call, req);
    *out = call; /* before the first report: a sink may cancel */
    run(call);
    return 0;
}

static void extractive_resume(struct provider_call *call)
{
    if (call->full && !call->busy)
        run(call);
}

static void extractive_cancel(struct provider_call *call)
{
    if (call->busy)
        call->dropped = true;
    else
        call_free(call);
}

static int extractive_open(struct provider **out, const struct provider_conf *conf X_UNUSED,
                           struct http *http X_UNUSED, struct err *err X_UNUSED)
{
    static struct provider stateless;
    *out = &stateless;
    return 0;
}

static void extractive_close(struct provider *p X_UNUSED)
{
}

const struct provider_ops provider_extractive = {
    .format = "extractive",
    .needs_key = false,
    .open = extractive_open,
    .start = extractive_start,
    .resume = extractive_resume,
    .cancel = extractive_cancel,
    .close = extractive_close,
};
