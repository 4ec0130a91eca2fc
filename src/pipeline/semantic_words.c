/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic_words: all languages, and the rows of German and Russian. German articles stay: they tell who does
 * what to whom.
 */
#include "pipeline/semantic_words.h"

static const struct semantic_row row_de[] = {
    /* clang-format off */
    { "TO", ANY, "wie kann ich|wie kann man|wie könnte ich|auf welche weise kann ich|"
      "auf welche art kann ich|wie genau kann ich|wie bin ich in der lage" },
    { "HOW lässt sich", ANY, "wie lässt sich" },
    { "TO", AFTER, "wie ich|wie man" },
    { "WAS +IS", ANY, "was ist|was sind|was bedeutet|was bedeuten|was genau ist|was ist eigentlich|"
      "was heißt|was versteht man unter|was genau sind|was genau bedeutet|was bedeutet eigentlich" },
    { "WAS +IS", START, "definiere" },
    { "WAS mit", ANY, "was meint man mit" },
    { "WAS", ANY, "was" },
    { "PRICE", ANY, "was kostet|was kosten|wie viel kostet|wieviel kostet|wie viel kosten|wieviel kosten|"
      "wie teuer ist|wie teuer sind|was ist der preis für|wie hoch ist der preis für|was ist der preis von|"
      "wie hoch ist der preis von|wie hoch sind die kosten für" },
    { "HOWMUCH", ANY, "wieviel|wie viel" },
    { "HOWMANY", ANY, "wieviele|wie viele" },
    { "AGE", ANY, "wie alt ist" },
    { "SIZE", ANY, "wie groß ist" },
    { "HEIGHT", ANY, "wie hoch ist" },
    { "HOWLONG", ANY, "wie lange dauert es|wie lange|wie viel zeit" },
    { "HOWOFTEN", ANY, "wie oft|wie häufig" },
    { "WHY", ANY, "warum|wieso|weshalb|aus welchem grund" },
    { "WHEN", ANY, "wann" },
    { "WHERE", ANY, "wo" },
    { "WHERE +CAN", ANY, "wo kann ich|wo kann man" },
    { "WHERE +IS", ANY, "wo finde ich|wo findet man" },
    { "WER", ANY, "wer" },
    { "WEN", ANY, "wen" },
    { "WEM", ANY, "wem" },
    { "HOW", ANY, "wie|wie genau" },
    { "DIFFERENCE", ANY, "was ist der unterschied zwischen|worin besteht der unterschied zwischen|"
      "worin liegt der unterschied zwischen" },
    { "DISTINGUISHES", ANY, "was unterscheidet" },
    { "YN +IS", START, "ist|sind" },
    { "YN +IS +PAST", START, "war" },
    { "YN +CAN", START, "kann ich|kann man|ist es möglich" },
    { "YN +MAY", START, "darf ich|darf man|ist es erlaubt" },
    { "YN +MUST", START, "muss ich|muss man" },
    { "YN", AFTER, "ob" },
    { "+IS", ANY, "ist|sind" },
    { "+IS +PAST", ANY, "war|waren" },
    { "einen", TASK, "meinen" },
    { "ein", TASK, "mein" },
    { "eine", TASK, "meine" },
    { "einem", TASK, "meinem" },
    { "", START, "hallo|hi|guten tag|guten morgen|bitte" },
    { "", END, "bitte|danke|vielen dank" },
    { "", ASKED, "kannst du mir sagen|können sie mir sagen|könntest du mir sagen|könnten sie mir sagen|"
      "kannst du mir erklären|kannst du erklären|können sie mir erklären|sag mir|sag mir bitte|"
      "ich möchte wissen|ich würde gerne wissen|ich will wissen|weißt du|wissen sie|erkläre mir|erklär mir|"
      "mich interessiert" },
    { "mobiltelefon", ANY, "handy" },
    { "email", ANY, "mail|e mail" },
    { "kennwort", ANY, "passwort" },
    { "kaufen", ANY, "erwerben" },
    { "anfangen", ANY, "beginnen" },
    { "anfängt", ANY, "beginnt|fängt an" },
    { "gebühr", ANY, "gebühren" },
    { "kreditkarte", ANY, "kreditkarten" },
    { "%", ANY, "prozent" },
    { "km", ANY, "kilometer" },
    { "2", ANY, "zwei" },
    { "3", ANY, "drei" },
    { "4", ANY, "vier" },
    { "5", ANY, "fünf" },
    { "6", ANY, "sechs" },
    { "7", ANY, "sieben" },
    { "8", ANY, "acht" },
    { "9", ANY, "neun" },
    { "10", ANY, "zehn" },
    { "11", ANY, "elf" },
    { "12", ANY, "zwölf" },
    { "20", ANY, "zwanzig" },
    { "100", ANY, "hundert" },
    { "TIME", ANY, "um wie viel uhr|um wieviel uhr|zu welcher uhrzeit" },
    /* clang-format on */
};

const struct semantic_language semantic_de = {
    .code = "de",
    .marks =
        " der die das den dem ein eine einen ist sind war wie was wann wo wer wen wem warum wieso weshalb "
        "kann ich man mein meine meinen kostet und mit ohne nicht für von zu auf viel viele bitte mir im "
        "muss darf es unterschied zwischen ob bedeutet ",
    .asks = " wie was wann wo wer wen wem warum wieso weshalb ob wieviel wieviele welche welcher welches aus "
            "worin um ",
    SEMANTIC_ROWS(row_de),
    .task_ends = "",
    .task_words = ""
};

static const struct semantic_row row_ru[] = {
    /* clang-format off */
    { "TO", ANY, "как мне|как можно|как я могу|каким образом можно|каким образом я могу|"
      "каким способом можно|что нужно сделать чтобы|что надо сделать чтобы|что мне нужно сделать чтобы|"
      "что сделать чтобы" },
    { "TO правильно", ANY, "как правильно" },
    { "WHAT +IS", ANY, "что такое|что значит|что означает|что это такое|объясни что такое|что же такое" },
    { "WHAT", ANY, "что" },
    { "PRICE", ANY, "сколько стоит|сколько стоят|почём" },
    { "PRICE +WILL", ANY, "сколько будет стоить" },
    { "HOWMUCH", ANY, "сколько" },
    { "HOWLONG", ANY, "сколько времени|как долго" },
    { "HOWOFTEN", ANY, "как часто|с какой частотой" },
    { "WHY", ANY, "почему|отчего|по какой причине|из за чего" },
    { "WHATFOR", ANY, "зачем" },
    { "WHEN", ANY, "когда" },
    { "WHERE", ANY, "где|в каком месте" },
    { "WHERE +CAN", ANY, "где можно|где я могу|где мне" },
    { "WHERE находится", ANY, "где находится|где расположен|где расположена" },
    { "WHO", ANY, "кто" },
    { "HOW", ANY, "как" },
    { "DIFFERENCE", ANY, "в чём разница между|в чем разница между|какая разница между|в чём отличие между|"
      "какова разница между" },
    { "YN +CAN", START, "можно ли|могу ли я|можно ли мне|возможно ли|можно|я могу" },
    { "YN +MUST", START, "нужно ли|надо ли|должен ли я|нужно ли мне" },
    { "@t", TASK, "мой|мою|моё|свой|свою|своё" },
    { "", START, "привет|здравствуйте|добрый день|пожалуйста" },
    { "", END, "пожалуйста|спасибо|заранее спасибо" },
    { "", ASKED, "скажи|скажите|подскажите|подскажи|скажи пожалуйста|скажите пожалуйста|"
      "подскажите пожалуйста|расскажи|объясни|объясните|не подскажете|хочу узнать|я хочу узнать|"
      "я хотел бы знать|хотелось бы знать|ты знаешь|вы знаете|мне интересно|можете сказать|"
      "можешь сказать" },
    { "купить", ANY, "приобрести" },
    { "мобильный", ANY, "мобильный телефон" },
    { "%", ANY, "процентов|процента|процент" },
    { "км", ANY, "километров|километра" },
    { "2", ANY, "два|две" },
    { "3", ANY, "три" },
    { "4", ANY, "четыре" },
    { "5", ANY, "пять" },
    { "6", ANY, "шесть" },
    { "7", ANY, "семь" },
    { "8", ANY, "восемь" },
    { "9", ANY, "девять" },
    { "10", ANY, "десять" },
    { "12", ANY, "двенадцать" },
    { "20", ANY, "двадцать" },
    { "100", ANY, "сто" },
    { "TIME", ANY, "во сколько|в какое время" },
    /* clang-format on */
};

const struct semantic_language semantic_ru = {
    .code = "ru",
    .marks = " как что где когда кто почему зачем сколько в на с не и я мне мой можно ли такое это для без "
             "из по "
             "стоит чем разница между отчего нужно во значит подскажите скажите объясни надо возможно у "
             "какой какая "
             "какое какие ",
    .asks = " как что где когда кто почему зачем сколько какой какая какое какие во в отчего по можно каким ",
    SEMANTIC_ROWS(row_ru),
    .task_ends = "ть ти ться",
    .task_words = " как "
};

const struct semantic_language *const semantic_language[SEMANTIC_LANGUAGES] = {
    &semantic_en, &semantic_de, &semantic_es, &semantic_fr, &semantic_it, &semantic_pt, &semantic_ru,
};
