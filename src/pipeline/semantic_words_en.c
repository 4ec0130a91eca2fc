/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic_words_en: the rows of English. What they may hold is said in semantic_words.h.
 */
#include "pipeline/semantic_words.h"

static const struct semantic_row row_en[] = {
    /* clang-format off */
    { "have", ANY, "has" },
    { "TO", ANY, "how do i|how can i|how could i|how would i|how do i go about|how can i go about|"
      "how would i go about|how to|how to go about|how does one|how can one|how am i able to|"
      "how am i supposed to|how is it possible to|how exactly do i|how exactly can i|how do i actually|"
      "how do i manage to|what is the way to|what 's the way to|what is a way to|in what way can i|"
      "in which way can i|by what means can i|what are the steps to|what are the steps for|"
      "what steps do i take to|which steps do i take to|what steps are needed to|what do i do to|"
      "what do i need to do to|what do i have to do to|what must i do to|what is the procedure to|"
      "what is the procedure for|what 's the procedure for|what is the process for|what 's the process for|"
      "what is the process of|what is the process to" },
    { "TO", AFTER, "how i can|how i could|how i|how one can" },
    { "TO", START, "show me how to|teach me how to|teach me to|guide me through|walk me through|"
      "instructions for|instructions to|steps to" },
    { "TO get to", ANY, "how do i get to" },
    { "TO @t best", ANY, "what is the best way to|what 's the best way to|how do i best|how can i best" },
    { "WHAT +IS", ANY, "what is|what 's|whats|what are|what exactly is|what exactly are|"
      "what actually is|what is actually|what is exactly|what is meant by|what 's meant by|"
      "what do you mean by|what does one mean by|what do people mean by|what is the meaning of|"
      "what 's the meaning of|what is the definition of|what 's the definition of|what is the term" },
    { "WHAT +IS", START, "define|tell me about|meaning of|definition of|give me the definition of|"
      "give me a definition of|can you tell me about|explain the term" },
    { "WHAT", ANY, "what exactly does|what|what do|what does" },
    { "WHAT +PAST", ANY, "what did" },
    { "PRICE", ANY, "how much is|how much are|how much 's|what is the price of|what 's the price of|"
      "what is the cost of|what 's the cost of|how expensive is|how expensive are|"
      "how much do you charge for|what do you charge for|how much do i pay for|what do i pay for" },
    { "PRICE +WILL", ANY, "how much will i pay for" },
    { "HOWMUCH", ANY, "how much|how much do|how much does" },
    { "HOWMANY", ANY, "how many|what number of" },
    { "HOWMANY there +IS", ANY, "what is the number of|how many are there" },
    { "AGE", ANY, "how old is|what is the age of|what 's the age of" },
    { "HEIGHT", ANY, "how tall is|how high is|what is the height of|what 's the height of" },
    { "WEIGHT", ANY, "how heavy is|what is the weight of" },
    { "WEIGHT it", ANY, "how much does it weigh" },
    { "SIZE", ANY, "how big is|how large is|what is the size of|what 's the size of" },
    { "DEPTH", ANY, "how deep is|what is the depth of" },
    { "DISTANCE from", ANY, "how far is it from|what is the distance from|what 's the distance from" },
    { "DISTANCE", ANY, "how far is" },
    { "DISTANCE between", ANY, "what is the distance between|how far is it between" },
    { "DURATION", ANY, "how long does it take to|how much time does it take to" },
    { "DURATION +WILL", ANY, "how long will it take to" },
    { "HOWLONG", ANY, "how long|how much time|how long do|how long does|how much time does" },
    { "HOWOFTEN", ANY, "how often|how often do|how frequently|how frequently do" },
    { "HOWMANY time", ANY, "how many times do" },
    { "WHY", ANY, "why|why do|how come|for what reason|for what reason do|what is the reason|"
      "what is the reason that|what is the reason why|what 's the reason|what 's the reason that" },
    { "WHEN", ANY, "when|when do" },
    { "WHERE", ANY, "where|in which place|in what place|where do" },
    { "WHERE +CAN", ANY, "where can i|where could i|where can one|where is it possible to" },
    { "WHERE +IS", ANY, "where can i find|where do i find|where to find|where 's" },
    { "WHERE +CAN see", ANY, "where can i see" },
    { "WHERE +IS", AFTER, "where i can find" },
    { "WHERE +CAN", AFTER, "where i can" },
    { "WHERE +CAN", START, "where to" },
    { "WHICH", ANY, "which" },
    { "WHO", ANY, "who|whom|which person" },
    { "HOW", ANY, "how|how do|how exactly do|how exactly|how exactly does|in what way|in what way does|"
      "in which way does" },
    { "DIFFERENCE", ANY, "what is the difference between|what 's the difference between|"
      "what are the differences between" },
    { "DIFFERENCE", START, "difference between|explain the difference between|"
      "tell me the difference between" },
    { "DISTINGUISHES", ANY, "what distinguishes|what sets apart" },
    { "YN +IS", START, "is|are" },
    { "YN +AM", START, "am" },
    { "YN", START, "do|does|is it true that|is it the case that" },
    { "YN +PAST", START, "did" },
    { "YN +IS +PAST", START, "was|were" },
    { "YN +WILL", START, "will" },
    { "YN +WOULD", START, "would" },
    { "YN +SHOULD", START, "should" },
    { "YN +CAN", START, "can|can i|could i|am i able to|can one|is it possible to|is it possible for me to|"
      "would it be possible to|would i be able to|is there a way to|is there any way to" },
    { "YN +COULD", START, "could" },
    { "YN +MUST", START, "must|must i|do i have to|do i need to|am i required to|is it necessary to|"
      "is it required to" },
    { "YN +MAY", START, "may|may i|am i allowed to|am i permitted to|is it allowed to|is it permitted to" },
    { "YN +CAN", AFTER, "i can|it is possible to|if i can|whether i can|if it is possible to|"
      "whether it is possible to" },
    { "YN +MUST", AFTER, "i have to|i need to|if i have to|if i need to|whether i have to|"
      "whether i need to" },
    { "YN", AFTER, "if|whether" },
    { "+IS", ANY, "is|are" },
    { "+IS +PAST", ANY, "was|were" },
    { "+PAST", ANY, "did" },
    { "", ANY, "does" },
    { "", FORM, "do" },
    { "+WILL", ANY, "will" },
    { "+WOULD", ANY, "would" },
    { "+SHOULD", ANY, "should" },
    { "+CAN", ANY, "can" },
    { "+COULD", ANY, "could" },
    { "@t", ANY, "the" },
    { "@a", ANY, "a|an" },
    { "@t", TASK, "my" },
    { "", TASK, "i need to|i have to" },
    { "", START, "hi|hello|hey|hi there|hello there|hey there|good morning|good evening|ok|okay|so|please|"
      "quick question|just wondering|excuse me|sorry" },
    { "", END, "please|thanks|thank you|thanks in advance" },
    { "", ASKED, "can you|tell me|please tell me|can you tell me|could you tell me|can you please tell me|"
      "can you explain to me|could you please tell me|would you tell me|explain|please explain|"
      "can you explain|could you explain|can you please explain|could you please explain|explain to me|"
      "show me|can you show me|could you show me|do you know|do you happen to know|does anyone know|"
      "i want to know|i would like to know|i 'd like to know|i need to know|i wonder|i am wondering|"
      "i was wondering|wondering|let me know|any idea|i do not understand|i do not know|remind me|"
      "help me understand|i am trying to understand|may i ask|can i ask|can anyone tell me" },
    { "start", ANY, "begin" },
    { "email", ANY, "e mail" },
    { "website", ANY, "web site" },
    { "phone", ANY, "telephone" },
    { "photo", ANY, "photograph" },
    { "login", ANY, "sign in|log in" },
    { "login to", ANY, "log into|sign into" },
    { "logout", ANY, "sign out|log out|log off" },
    { "signup", ANY, "sign up" },
    { "signup", TASK, "register" },
    { "max", ANY, "maximum" },
    { "min", ANY, "minimum" },
    { "vs", ANY, "versus" },
    { "info", ANY, "information" },
    { "docs", ANY, "documentation" },
    { "allowed", ANY, "permitted" },
    { "car", ANY, "automobile" },
    { "wifi", ANY, "wi fi" },
    { "2 fa", ANY, "two factor authentication|2 factor authentication" },
    { "%", ANY, "percent|per cent" },
    { "km", ANY, "kilometer|kilometre|kilometers|kilometres" },
    { "kg", ANY, "kilogram|kilograms" },
    { "2", ANY, "two" },
    { "3", ANY, "three" },
    { "4", ANY, "four" },
    { "5", ANY, "five" },
    { "6", ANY, "six" },
    { "7", ANY, "seven" },
    { "8", ANY, "eight" },
    { "9", ANY, "nine" },
    { "10", ANY, "ten" },
    { "11", ANY, "eleven" },
    { "12", ANY, "twelve|a dozen" },
    { "20", ANY, "twenty" },
    { "30", ANY, "thirty" },
    { "100", ANY, "hundred|a hundred" },
    { "1st", ANY, "first" },
    { "2nd", ANY, "second" },
    { "3rd", ANY, "third" },
    { "buy", VERB, "purchase" },
    { "change", VERB, "modify|alter" },
    { "obtain refund", ANY, "get a refund|get my money back|obtain a refund" },
    { "mobile phone", ANY, "cell phone" },
    { "TIME", ANY, "at what time|at what time do|what time|what time do|at what hour" },
    { "EXPLAIN", START, "explain|explain to me|describe|can you explain|could you explain|please explain|"
      "can you please explain" },
    { "WHO +IS", ANY, "who 's" },
    { "WHEN +IS", ANY, "when 's" },
    { "HOW +IS", ANY, "how 's" },
    { "WHY +IS", ANY, "why 's" },
    { "WHICH +IS", ANY, "which 's" },
    { "it +IS", ANY, "it 's" },
    { "that +IS", ANY, "that 's" },
    { "there +IS", ANY, "there 's" },
    /* clang-format on */
};

const struct semantic_language semantic_en = {
    .code = "en",
    .marks = " the a an is are was were do does did can could will would should how what when where who why "
             "which of to for and my i you it in with without not please tell me much many explain define "
             "there ",
    .asks = " how what when where who whom whose why which if whether what's ",
    SEMANTIC_ROWS(row_en),
    .task_ends = "",
    .task_words = "",
    .plural_s = true,
    .english = true,
    .articles_tell = true
};
