/* SPDX-License-Identifier: Apache-2.0
 *
 * Words, light stemming and stop words for the extractive provider. Suffix rules instead of
 * a dictionary per language: both sides of every comparison pass the same rules, so what
 * counts is that forms of one word meet, not that the stem is a word. Slavic and Greek
 * words, which change at the end most, are cut to five letters.
 *
 * Limits: no compound splitting; irregular forms ("lost", "lose") stay apart; the stop list
 * is one for all languages, so a word that is empty in one is empty in each.
 */
#include "llm/terms.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf.h"

#define CUT_LETTERS 5 /* stem of a Cyrillic or Greek word */

/* Sorted by byte value, lower case, without accents. */
static const char *const stop_words[] = {
    "a",       "aan",      "aber",     "about",    "after",    "against", "agli",    "al",       "all",
    "alla",    "als",      "also",     "am",       "an",       "anche",   "and",     "another",  "antes",
    "any",     "ao",       "aos",      "apres",    "are",      "aren",    "as",      "at",       "ate",
    "au",      "auch",     "auf",      "aus",      "aux",      "avant",   "avec",    "avons",    "be",
    "because", "been",     "before",   "bei",      "being",    "ben",     "between", "bevor",    "bij",
    "bin",     "bir",      "bist",     "bitte",    "bu",       "but",     "by",      "c",        "can",
    "ce",      "ces",      "cet",      "cette",    "che",      "chi",     "ci",      "co",       "com",
    "combien", "come",     "comment",  "como",     "con",      "contra",  "cosa",    "could",    "cual",
    "cuales",  "cuando",   "cuanto",   "cui",      "czy",      "d",       "da",      "dal",      "dalla",
    "dans",    "darf",     "das",      "dass",     "dat",      "de",      "debe",    "debo",     "degli",
    "dei",     "dein",     "deine",    "del",      "della",    "delle",   "dello",   "dem",      "den",
    "depois",  "depuis",   "der",      "des",      "describe", "desde",   "deve",    "devo",     "deze",
    "di",      "dich",     "did",      "die",      "dir",      "dit",     "dla",     "dlaczego", "do",
    "does",    "doesn",    "doing",    "dois",     "doit",     "don",     "donde",   "done",     "dopo",
    "dos",     "dove",     "down",     "du",       "durante",  "durch",   "during",  "e",        "each",
    "ed",      "een",      "ein",      "eine",     "einem",    "einen",   "einer",   "eines",    "el",
    "elle",    "elles",    "em",       "en",       "entre",    "er",      "era",     "erklare",  "es",
    "ese",     "eso",      "essere",   "est",      "esta",     "estan",   "estao",   "estar",    "este",
    "esto",    "estou",    "et",       "etait",    "etre",     "eu",      "euch",    "even",     "explain",
    "explica", "explique", "faccio",   "faco",     "faire",    "fait",    "fare",    "favor",    "favore",
    "faz",     "fazer",    "fino",     "foi",      "for",      "fra",     "from",    "fue",      "fur",
    "gdzie",   "geen",     "gegen",    "get",      "gibt",     "give",    "gli",     "got",      "ha",
    "habe",    "haben",    "hace",     "hacer",    "had",      "hago",    "han",     "hanno",    "has",
    "hasta",   "hat",      "hatte",    "have",     "having",   "hay",     "he",      "heb",      "hebben",
    "heeft",   "her",      "here",     "het",      "hij",      "him",     "his",     "ho",       "hoe",
    "how",     "i",        "ich",      "icin",     "if",       "ihm",     "ihn",     "ihr",      "ik",
    "il",      "ile",      "ils",      "im",       "in",       "instead", "into",    "io",       "is",
    "isn",     "isso",     "ist",      "isto",     "it",       "its",     "j",       "ja",       "jak",
    "jaka",    "jaki",     "jakie",    "je",       "jest",     "jij",     "jouw",    "jusqu",    "just",
    "kan",     "kann",     "kein",     "keine",    "kiedy",    "know",    "konnen",  "konnte",   "ktora",
    "ktore",   "ktory",    "kunnen",   "l",        "la",       "las",     "le",      "les",      "let",
    "leur",    "like",     "ll",       "lo",       "loro",     "los",     "m",       "ma",       "maar",
    "mais",    "mam",      "man",      "many",     "mas",      "may",     "me",      "mean",     "means",
    "mehr",    "mein",     "meine",    "meinen",   "mes",      "met",     "meu",     "mi",       "mia",
    "mich",    "mientras", "might",    "mij",      "mijn",     "minha",   "mio",     "mir",      "mis",
    "mit",     "moet",     "moge",     "molto",    "mon",      "more",    "most",    "mozna",    "much",
    "muito",   "muss",     "mussen",   "must",     "muy",      "my",      "n",       "na",       "naar",
    "nach",    "nachdem",  "nao",      "nas",      "nasil",    "ne",      "nedir",   "nel",      "nella",
    "nicht",   "nie",      "niet",     "no",       "noch",     "noi",     "non",     "nos",      "not",
    "nous",    "now",      "nur",      "o",        "od",       "oder",    "of",      "ohne",     "on",
    "onde",    "one",      "ones",     "only",     "ons",      "ont",     "ook",     "op",       "or",
    "os",      "other",    "ou",       "our",      "out",      "over",    "own",     "par",      "para",
    "pas",     "pendant",  "per",      "perche",   "pero",     "peut",    "peux",    "piu",      "plait",
    "please",  "plus",     "po",       "pode",     "podem",    "por",     "porque",  "posso",    "possono",
    "pour",    "pourquoi", "prima",    "przez",    "puede",    "pueden",  "puedo",   "puis",     "puo",
    "qu",      "quais",    "qual",     "quale",    "quali",    "quand",   "quando",  "quanto",   "que",
    "quel",    "quelle",   "quelles",  "quello",   "quels",    "quem",    "questa",  "questo",   "qui",
    "quien",   "quoi",     "re",       "s",        "sa",       "same",    "sans",    "sao",      "say",
    "schon",   "se",       "sein",     "sem",      "sen",      "senza",   "ser",     "ses",      "seu",
    "seus",    "shall",    "she",      "should",   "show",     "si",      "sich",    "sie",      "sin",
    "since",   "sind",     "so",       "sobre",    "soll",     "sollte",  "some",    "son",      "sono",
    "sont",    "soy",      "spiega",   "still",    "su",       "sua",     "suas",    "suis",     "sul",
    "suo",     "sur",      "sus",      "t",        "ta",       "tambem",  "tambien", "te",       "tell",
    "tem",     "tenho",    "tes",      "teu",      "than",     "that",    "the",     "their",    "them",
    "then",    "there",    "these",    "they",     "this",     "those",   "through", "ti",       "to",
    "too",     "tra",      "tres",     "tu",       "tua",      "tuo",     "tus",     "tussen",   "uber",
    "uit",     "um",       "uma",      "umas",     "un",       "una",     "unas",    "und",      "under",
    "une",     "uno",      "unos",     "uns",      "unser",    "unter",   "until",   "up",       "us",
    "van",     "var",      "ve",       "very",     "vi",       "via",     "viel",    "voce",     "voi",
    "von",     "voor",     "vor",      "vous",     "w",        "waar",    "waarom",  "wahrend",  "wann",
    "wanneer", "want",     "war",      "waren",    "warend",   "warum",   "was",     "wasn",     "wat",
    "we",      "weil",     "welche",   "welchen",  "welcher",  "welches", "welke",   "wenn",     "wer",
    "werden",  "were",     "what",     "when",     "where",    "whether", "which",   "while",    "who",
    "whom",    "whose",    "why",      "wie",      "wieso",    "wij",     "will",    "wir",      "wird",
    "with",    "within",   "without",  "wo",       "won",      "would",   "wurde",   "y",        "ya",
    "yet",     "yo",       "you",      "your",     "z",        "za",      "zij",     "zijn",     "zonder",
    "zu",      "zum",      "zur",      "zwischen", "а",        "або",     "але",     "без",      "би",
    "бы",      "был",      "было",     "быть",     "в",        "вас",     "ви",      "во",       "вона",
    "вот",     "все",      "вы",       "від",      "він",      "где",     "да",      "де",       "для",
    "до",      "его",      "ее",       "ему",      "если",     "есть",    "ж",       "же",       "з",
    "за",      "зачем",    "и",        "из",       "или",      "их",      "й",       "його",     "к",
    "как",     "какая",    "какие",    "каков",    "какой",    "когда",   "коли",    "кто",      "ли",
    "между",   "меня",     "мені",     "мне",      "могу",     "можна",   "можно",   "можу",     "мои",
    "мой",     "моя",      "мої",      "мы",       "мій",      "на",      "надо",    "не",       "ни",
    "но",      "нужно",    "о",        "об",       "он",       "она",     "от",      "перед",    "по",
    "пока",    "после",    "потрібно", "почему",   "при",      "с",       "сколько", "скільки",  "со",
    "та",      "так",      "также",    "ти",       "то",       "треба",   "ты",      "у",        "уже",
    "хто",     "це",       "чем",      "через",    "чи",       "чому",    "что",     "що",       "эта",
    "эти",     "это",      "этот",     "я",        "як",       "яка",     "який",    "якщо",     "які",
    "є",       "і"
};

/* Say what kind of answer is wanted rather than what it is about ("how long does ... take"). */
static const char *const weak_words[] = {
    "able",         "acontece",    "actually",   "always",      "anfangen",    "answer",     "anything",
    "ask",          "asked",       "asks",       "back",        "bad",         "begin",      "beginnen",
    "benutzen",     "besoin",      "besser",     "best",        "beste",       "better",     "bom",
    "bon",          "brauche",     "brauchen",   "braucht",     "bueno",       "buono",      "comecar",
    "comes",        "coming",      "commencer",  "compare",     "dauert",      "demora",     "diferenca",
    "diferencia",   "differ",      "difference", "differences", "different",   "differenza", "dlugo",
    "duurt",        "dziala",      "empezar",    "encontrar",   "ever",        "everything", "example",
    "find",         "finden",      "first",      "fonctionne",  "funciona",    "funcionan",  "funktionieren",
    "funktioniert", "funziona",    "gebruiken",  "gehen",       "geht",        "go",         "goes",
    "going",        "gone",        "good",       "gut",         "happen",      "happened",   "happens",
    "help",         "iniziare",    "keep",       "kind",        "kinds",       "lang",       "lange",
    "long",         "longer",      "look",       "machen",      "macht",       "made",       "make",
    "makes",        "making",      "marche",     "meilleur",    "mejor",       "melhor",     "migliore",
    "mogelijk",     "moglich",     "mozliwe",    "najlepszy",   "necesita",    "necesito",   "need",
    "needed",       "needs",       "never",      "new",         "next",        "nodig",      "often",
    "ok",           "okay",        "pasa",       "passe",       "passiert",    "posible",    "possibile",
    "possible",     "possivel",    "potrzebuje", "precisa",     "preciso",     "put",        "question",
    "really",       "roznica",     "sert",       "serve",       "servono",     "sirve",      "somebody",
    "someone",      "something",   "start",      "started",     "succede",     "sure",       "take",
    "takes",        "taking",      "tarda",      "tell",        "tempo",       "temps",      "thing",
    "things",       "think",       "tiempo",     "told",        "took",        "trouver",    "trovare",
    "trwa",         "try",         "type",       "types",       "unterschied", "usar",       "usare",
    "use",          "used",        "uses",       "using",       "uso",         "usually",    "utilise",
    "utiliser",     "verschieden", "verschil",   "versus",      "verwenden",   "vs",         "wanted",
    "wants",        "way",         "ways",       "went",        "werkt",       "work",       "working",
    "works",        "yes",         "будет",      "возможно",    "делать",      "долго",      "использовать",
    "лучше",        "лучший",      "найти",      "начать",      "нужен",       "нужна",      "нужны",
    "отличается",   "происходит",  "работает",   "разница",     "сделает",     "сделать"
};

static bool is_hangul(uint32_t cp)
{
    return cp >= 0xAC00 && cp <= 0xD7A3;
}

/* Grammar rather than meaning: hiragana, and Chinese question words, pronouns and particles. */
static bool separates(uint32_t cp)
{
    static const uint16_t function[] = { 0x4E48, 0x4E86, 0x4EC0, 0x4EEC, 0x4F55, 0x4F60, 0x5011, 0x5417,
                                         0x5427, 0x5440, 0x5462, 0x54EA, 0x55CE, 0x5982, 0x600E, 0x60A8,
                                         0x6211, 0x662F, 0x7684, 0x8ACB, 0x8BF7, 0x8C01, 0x95EE, 0x9EBC };
    if (cp >= 0x3041 && cp <= 0x309F)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(function); i++)
        if (cp == function[i])
            return true;
    return false;
}

static bool is_pair_script(uint32_t cp)
{
    return cp >= 0x0E00 && (utf_is_wide(cp) || is_hangul(cp));
}

/* ---- stemming, in place on folded words ---- */

static bool strip(char *w, size_t *n, const char *suffix, size_t keep)
{
    size_t m = strlen(suffix);
    if (*n < m + keep || memcmp(w + *n - m, suffix, m) != 0)
        return false;
    *n -= m;
    return true;
}

/* "swapp" -> "swap", but "roll", "pass" and "buzz" end that way by themselves. */
static void undouble(const char *w, size_t *n)
{
    if (*n > 3 && w[*n - 1] == w[*n - 2] && !strchr("lszaeiou", w[*n - 1]))
        (*n)--;
}

static void strip_plural(char *w, size_t *n)
{
    if (strip(w, n, "ies", 2)) {
        w[(*n)++] = 'y';
        return;
    }
    static const char *const es[] = { "sses", "xes", "ches", "shes", "zes" };
    for (size_t i = 0; i < ARRAY_LEN(es); i++)
        if (*n >= strlen(es[i]) + 2 && !memcmp(w + *n - strlen(es[i]), es[i], strlen(es[i]))) {
            *n -= 2;
            return;
        }
    if (*n > 3 && w[*n - 2] != 's')
        strip(w, n, "s", 3);
}

static void strip_vowel(char *w, size_t *n)
{
    if (!strip(w, n, "e", 3) && !strip(w, n, "a", 4) && !strip(w, n, "o", 4))
        strip(w, n, "i", 4);
}

static size_t stem_latin(char *w, size_t n)
{
    static const struct {
        const char *suffix;
        size_t keep;
        bool undouble;
    } rule[] = {
        { "ity", 4, false }, { "ly", 4, false },  { "y", 5, false },   { "al", 6, false },
        { "ing", 3, true },  { "ed", 3, true },   { "ern", 4, false }, { "er", 4, true },
        { "en", 4, true },   { "ion", 5, false }, { "or", 5, false },
    };
    if (n < 4)
        return n;
    strip_plural(w, &n);
    strip_vowel(w, &n);
    for (size_t i = 0; i < ARRAY_LEN(rule); i++)
        if (strip(w, &n, rule[i].suffix, rule[i].keep) && rule[i].undouble)
            undouble(w, &n);
    strip_vowel(w, &n);
    return n;
}

static size_t stem(char *w, size_t n)
{
    unsigned char lead = (unsigned char)w[0];
    if (lead >= 0xCD && lead <= 0xD3) { /* Greek and Cyrillic: two bytes a letter */
        return n > CUT_LETTERS * 2 ? CUT_LETTERS * 2 : n;
    }
    return stem_latin(w, n);
}

/* ---- scanning ---- */

void terms_begin(struct term_scan *s, const char *text, size_t len)
{
    *s = (struct term_scan){ .text = text, .len = len };
}

static void put(struct term *t, uint32_t cp)
{
    char bytes[4];
    size_t n = utf8_put(bytes, cp);
    if (t->len + n < sizeof t->word) {
        memcpy(t->word + t->len, bytes, n);
        t->len += n;
    }
}

static void seal(struct term *t, bool stemmed)
{
    char copy[TERM_BYTES];
    t->word[t->len] = '\0';
    memcpy(copy, t->word, t->len + 1);
    t->hash = hash_fnv(copy, stemmed ? stem(copy, t->len) : t->len);
}

static void word_at(struct term_scan *s, uint32_t first, struct term *t)
{
    t->capital = utf_lower(first) != first;
    put(t, utf_plain(first));
    while (s->pos < s->len) {
        size_t before = s->pos;
        uint32_t cp = utf8_next(s->text, s->len, &s->pos);
        if (!utf_is_word(cp) || is_pair_script(cp)) {
            s->pos = before;
            break;
        }
        put(t, utf_plain(cp));
    }
    seal(t, true);
}

/* Ends a run of pair characters; true when its only character is a term of its own. */
static bool flush_alone(struct term_scan *s, struct term *t)
{
    bool single = s->prev && s->alone;
    if (single) {
        put(t, s->prev);
        seal(t, false);
    }
    s->prev = 0;
    return single;
}

static bool pair_with(struct term_scan *s, uint32_t cp, struct term *t)
{
    bool pair = s->prev != 0;
    if (pair) {
        put(t, s->prev);
        put(t, cp);
        seal(t, false);
    }
    s->alone = !pair;
    s->prev = cp;
    return pair;
}

bool terms_next(struct term_scan *s, struct term *t)
{
    t->len = 0;
    t->capital = false;
    while (s->pos < s->len) {
        size_t before = s->pos;
        uint32_t cp = utf8_next(s->text, s->len, &s->pos);
        if (is_pair_script(cp) && !separates(cp)) {
            if (pair_with(s, cp, t))
                return true;
            continue;
        }
        if (flush_alone(s, t)) {
            s->pos = before;
            return true;
        }
        if (utf_is_word(cp) && !is_pair_script(cp)) {
            word_at(s, cp, t);
            return true;
        }
    }
    return flush_alone(s, t);
}

static int compare_word(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

static bool is_in(const char *const *words, size_t n, const char *word)
{
    return bsearch(word, words, n, sizeof *words, compare_word) != NULL;
}

bool term_is_stop(const struct term *t)
{
    return is_in(stop_words, ARRAY_LEN(stop_words), t->word);
}

bool term_is_weak(const struct term *t)
{
    return is_in(weak_words, ARRAY_LEN(weak_words), t->word);
}
