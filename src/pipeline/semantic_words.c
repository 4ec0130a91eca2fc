/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic_words: the rows. A row may be here only if no pair of questions that want different answers
 * becomes equal by it: "remove" is not "delete", "you" is not "I", German "den" is not "der". The order of
 * rows means nothing: the longest phrase that fits is taken.
 */
#include "pipeline/semantic_words.h"

/* clang-format off */
static const struct semantic_row row_en[] = {
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
    { "WHAT +IS", ANY, "what is|what 's|whats|what are|what 're|what exactly is|what exactly are|"
      "what actually is|what is actually|what is exactly|what is meant by|what 's meant by|"
      "what do you mean by|what does one mean by|what do people mean by|what is the meaning of|"
      "what 's the meaning of|what is the definition of|what 's the definition of|what is the term" },
    { "WHAT +IS", START, "define|explain|describe|explain to me|explain the term|tell me about|meaning of|"
      "definition of|give me the definition of|give me a definition of|can you explain|could you explain|"
      "please explain|can you tell me about" },
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
    { "DURATION", ANY, "how long does it take to|how much time does it take to|how long do i need to|"
      "how much time do i need to" },
    { "DURATION +WILL", ANY, "how long will it take to" },
    { "HOWLONG", ANY, "how long|how much time|how long do|how long does|how much time does" },
    { "HOWOFTEN", ANY, "how often|how often do|how frequently|how frequently do" },
    { "HOWMANY time", ANY, "how many times do" },
    { "WHY", ANY, "why|why do|how come|for what reason|for what reason do|what is the reason|"
      "what is the reason that|what is the reason why|what 's the reason|what 's the reason that" },
    { "WHEN", ANY, "when|when do|at what time|at what time do|what time|what time do" },
    { "WHERE", ANY, "where|where do|in which place|in what place" },
    { "WHERE +CAN", ANY, "where can i|where could i|where do i|where can one|where is it possible to" },
    { "WHERE +IS", ANY, "where can i find|where do i find|where to find" },
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
    { "buy", ANY, "purchase" },
    { "buying", ANY, "purchasing" },
    { "start", ANY, "begin" },
    { "big", ANY, "large" },
    { "email", ANY, "e mail" },
    { "website", ANY, "web site" },
    { "phone", ANY, "telephone" },
    { "photo", ANY, "picture|photograph" },
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
    { "refund", ANY, "get a refund|get my money back" },
    { "refund", TASK, "get a refund" },
    { "allowed", ANY, "permitted" },
    { "change", ANY, "alter|modify" },
    { "bicycle", ANY, "bike" },
    { "car", ANY, "automobile" },
    { "movie", ANY, "film" },
    { "mobile", ANY, "cell phone|mobile phone" },
    { "wifi", ANY, "wi fi" },
    { "2fa", ANY, "two factor authentication|2 factor authentication" },
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
};

static const struct semantic_row row_de[] = {
    { "TO", ANY, "wie kann ich|wie kann man|wie könnte ich|auf welche weise kann ich|"
      "auf welche art kann ich|wie genau kann ich|wie bin ich in der lage" },
    { "HOW lässt sich", ANY, "wie lässt sich" },
    { "TO", AFTER, "wie ich|wie man" },
    { "WAS +IS", ANY, "was ist|was sind|was bedeutet|was bedeuten|was genau ist|was ist eigentlich|"
      "was heißt|was versteht man unter|was genau sind|was genau bedeutet|was bedeutet eigentlich" },
    { "WAS +IS", START, "erkläre|erklär mir|erkläre mir|definiere" },
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
    { "WHEN", ANY, "wann|um wie viel uhr|um wieviel uhr|zu welcher zeit" },
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
};

static const struct semantic_row row_es[] = {
    { "TO", ANY, "cómo puedo|como puedo|cómo se puede|como se puede|cómo podría|cómo hago para|"
      "como hago para|cómo hacer para|de qué manera puedo|de qué forma puedo|cuál es la forma de|"
      "cuál es la manera de|qué debo hacer para|qué tengo que hacer para|qué hay que hacer para|"
      "cuáles son los pasos para|qué hago para" },
    { "WHAT +IS", ANY, "qué es|qué son|qué significa|qué quiere decir|qué es exactamente|"
      "qué se entiende por|cuál es el significado de|cuál es la definición de" },
    { "WHAT +IS", START, "que es|que son|que significa|define|explica|explícame" },
    { "WHAT", ANY, "qué" },
    { "WHAT", START, "que" },
    { "PRICE", ANY, "cuánto cuesta|cuanto cuesta|cuánto cuestan|cuánto vale|cuál es el precio de|"
      "cuál es el precio del|qué precio tiene|cuál es el coste de|cuál es el costo de|qué precio tienen|"
      "cuál es el coste del|cuál es el costo del" },
    { "HOWMUCH", ANY, "cuánto" },
    { "HOWMUCH", START, "cuanto" },
    { "HOWMANY m", ANY, "cuántos" },
    { "HOWMANY f", ANY, "cuántas" },
    { "HOWLONG", ANY, "cuánto tiempo" },
    { "HOWLONG tarda", ANY, "cuánto tarda|cuánto tiempo tarda" },
    { "HOWOFTEN", ANY, "con qué frecuencia|cada cuánto|cada cuánto tiempo" },
    { "WHY", ANY, "por qué|por qué motivo|por qué razón|cuál es la razón por la que" },
    { "WHEN", ANY, "cuándo|a qué hora" },
    { "WHEN", START, "cuando" },
    { "WHERE", ANY, "dónde|en qué lugar" },
    { "WHERE", START, "donde" },
    { "WHERE +CAN", ANY, "dónde puedo|dónde se puede" },
    { "WHERE encuentro", ANY, "dónde puedo encontrar|dónde encuentro" },
    { "WHO", ANY, "quién" },
    { "WHO", START, "quien" },
    { "HOW", ANY, "cómo" },
    { "HOW", START, "como" },
    { "WHICH", ANY, "cuál" },
    { "WHICH +IS", ANY, "cuál es|cuáles son" },
    { "DIFFERENCE", ANY, "cuál es la diferencia entre|qué diferencia hay entre|en qué se diferencian|"
      "qué diferencias hay entre" },
    { "YN +CAN", START, "puedo|se puede|es posible" },
    { "YN +MUST", START, "tengo que|debo|hay que|es necesario" },
    { "YN", AFTER, "si" },
    { "YN +CAN", AFTER, "si puedo" },
    { "+IS", ANY, "es|son" },
    { "+IS +PAST", ANY, "era|eran" },
    { "@t", ANY, "el|la|los|las" },
    { "@a", ANY, "un|una" },
    { "de", ANY, "del" },
    { "a", ANY, "al" },
    { "@t", TASK, "mi|mis" },
    { "capital:m", ANY, "el capital" },
    { "capital:f", ANY, "la capital" },
    { "orden:m", ANY, "el orden" },
    { "orden:f", ANY, "la orden" },
    { "cometa:m", ANY, "el cometa" },
    { "cometa:f", ANY, "la cometa" },
    { "frente:m", ANY, "el frente" },
    { "frente:f", ANY, "la frente" },
    { "cura:m", ANY, "el cura" },
    { "cura:f", ANY, "la cura" },
    { "corte:m", ANY, "el corte" },
    { "corte:f", ANY, "la corte" },
    { "", START, "hola|buenos días|buenas tardes|por favor" },
    { "", END, "por favor|gracias|muchas gracias" },
    { "", ASKED, "puedes decirme|puede decirme|podrías decirme|podría decirme|me puedes decir|dime|sabes|"
      "me gustaría saber|quiero saber|quisiera saber|necesito saber|puedes explicarme|explícame|"
      "puedes explicar|me puedes explicar|me podrías decir" },
    { "correo", ANY, "correo electrónico|email" },
    { "empezar", ANY, "comenzar" },
    { "empieza", ANY, "comienza" },
    { "comprar", ANY, "adquirir" },
    { "móvil", ANY, "teléfono móvil" },
    { "%", ANY, "por ciento" },
    { "km", ANY, "kilómetros|kilómetro" },
    { "2", ANY, "dos" },
    { "3", ANY, "tres" },
    { "4", ANY, "cuatro" },
    { "5", ANY, "cinco" },
    { "6", ANY, "seis" },
    { "7", ANY, "siete" },
    { "8", ANY, "ocho" },
    { "9", ANY, "nueve" },
    { "10", ANY, "diez" },
    { "12", ANY, "doce" },
    { "20", ANY, "veinte" },
    { "100", ANY, "cien" },
};

static const struct semantic_row row_fr[] = {
    { "TO", ANY, "comment puis je|comment je peux|comment peut on|comment on peut|"
      "comment est ce que je peux|comment faire pour|comment pourrais je|comment dois je faire pour|"
      "comment je fais pour|comment est ce qu on peut|de quelle manière puis je|que dois je faire pour|"
      "quelle est la façon de|quelles sont les étapes pour|que faut il faire pour" },
    { "WHAT", ANY, "qu est ce que|qu est ce qu|qu est ce que c est que|c est quoi|que signifie|"
      "que veut dire|ça veut dire quoi|qu est ce que ça veut dire|quelle est la définition de|"
      "qu entend on par|quelle est la signification de|c est quoi exactement" },
    { "WHAT", START, "explique moi|expliquez moi|définis" },
    { "WHATDOES", ANY, "qu est ce qui" },
    { "PRICE", ANY, "combien coûte|combien coûtent|combien coute|quel est le prix de|quel est le prix du|"
      "quel est le coût de|quel est le coût du|quel est le prix d|combien est ce que coûte|à combien est|"
      "combien vaut" },
    { "HOWMUCH", ANY, "combien" },
    { "HOWLONG", ANY, "combien de temps" },
    { "DURATION", ANY, "combien de temps faut il pour|combien de temps cela prend il pour" },
    { "HOWOFTEN", ANY, "à quelle fréquence|tous les combien" },
    { "WHY", ANY, "pourquoi|pourquoi est ce que|pour quelle raison|pour quelles raisons" },
    { "WHEN", ANY, "quand|quand est ce que|à quelle heure|à quelle heure est ce que" },
    { "WHERE", ANY, "où|où est ce que" },
    { "WHERE +CAN", ANY, "où puis je|où peut on|où est ce que je peux|où on peut" },
    { "WHERE +CAN", AFTER, "où je peux" },
    { "WHO", ANY, "qui|qui est ce qui" },
    { "WHOM", ANY, "qui est ce que" },
    { "HOW", ANY, "comment|comment est ce que" },
    { "QUEL +IS", ANY, "quel est" },
    { "QUELLE +IS", ANY, "quelle est" },
    { "DIFFERENCE", ANY, "quelle est la différence entre|quelles sont les différences entre|"
      "quelle différence y a t il entre|c est quoi la différence entre" },
    { "YN +CAN", START, "est ce que je peux|puis je|je peux|peut on|est ce qu on peut|est il possible de|"
      "est ce qu il est possible de" },
    { "YN +CAN", AFTER, "si je peux" },
    { "YN +MUST", START, "est ce que je dois|dois je|faut il|est ce qu il faut|est il nécessaire de" },
    { "YN", START, "est ce que|est ce qu" },
    { "YN", AFTER, "si" },
    { "+IS", ANY, "est|sont" },
    { "+IS +PAST", ANY, "était|étaient" },
    { "@t", ANY, "le|la|les|l" },
    { "@a", ANY, "un|une" },
    { "de", ANY, "du|d|des" },
    { "à", ANY, "au|aux" },
    { "@t", TASK, "mon|ma|mes" },
    { "livre:m", ANY, "le livre|un livre" },
    { "livre:f", ANY, "la livre|une livre" },
    { "tour:m", ANY, "le tour" },
    { "tour:f", ANY, "la tour" },
    { "mode:m", ANY, "le mode" },
    { "mode:f", ANY, "la mode" },
    { "poste:m", ANY, "le poste|un poste" },
    { "poste:f", ANY, "la poste|une poste" },
    { "mémoire:m", ANY, "le mémoire" },
    { "mémoire:f", ANY, "la mémoire" },
    { "vase:m", ANY, "le vase" },
    { "vase:f", ANY, "la vase" },
    { "manche:m", ANY, "le manche" },
    { "manche:f", ANY, "la manche" },
    { "voile:m", ANY, "le voile" },
    { "voile:f", ANY, "la voile" },
    { "", START, "bonjour|salut|bonsoir|s il vous plaît" },
    { "", END, "s il vous plaît|s il te plaît|merci|svp|merci d avance" },
    { "", ASKED, "pouvez vous me dire|peux tu me dire|pourriez vous me dire|pourrais tu me dire|dis moi|"
      "dites moi|savez vous|sais tu|je voudrais savoir|j aimerais savoir|je veux savoir|explique moi|"
      "expliquez moi|pouvez vous m expliquer|peux tu m expliquer|je me demande" },
    { "commencer", ANY, "débuter" },
    { "portable", ANY, "téléphone portable" },
    { "email", ANY, "courriel|e mail" },
    { "adresse email", ANY, "adresse mail" },
    { "%", ANY, "pour cent" },
    { "km", ANY, "kilomètres|kilomètre" },
    { "2", ANY, "deux" },
    { "3", ANY, "trois" },
    { "4", ANY, "quatre" },
    { "5", ANY, "cinq" },
    { "6", ANY, "six" },
    { "7", ANY, "sept" },
    { "8", ANY, "huit" },
    { "9", ANY, "neuf" },
    { "10", ANY, "dix" },
    { "12", ANY, "douze" },
    { "20", ANY, "vingt" },
    { "100", ANY, "cent" },
};

static const struct semantic_row row_it[] = {
    { "TO", ANY, "come posso|come si può|come si fa a|come faccio a|come faccio per|come fare a|"
      "come fare per|come potrei|in che modo posso|in quale modo posso|cosa devo fare per|"
      "che cosa devo fare per|quali sono i passaggi per|qual è il modo di|qual è il modo per" },
    { "WHAT +IS", ANY, "che cos è|cos è|che cosa è|cosa è|cosa sono|che cosa sono|cosa significa|"
      "che cosa significa|che significa|cosa vuol dire|che cosa vuol dire|cosa si intende per|"
      "qual è il significato di|qual è la definizione di" },
    { "WHAT +IS", START, "spiegami|spiega" },
    { "WHAT", ANY, "cosa|che cosa" },
    { "PRICE", ANY, "quanto costa|quanto costano|qual è il prezzo di|qual è il costo di|"
      "qual è il prezzo del|qual è il prezzo della|qual è il prezzo dell|qual è il costo del|"
      "qual è il costo della|qual è il costo dell|quanto viene" },
    { "HOWMUCH", ANY, "quanto" },
    { "HOWMANY m", ANY, "quanti" },
    { "HOWMANY f", ANY, "quante" },
    { "HOWLONG", ANY, "quanto tempo" },
    { "DURATION", ANY, "quanto tempo ci vuole per|quanto ci vuole per" },
    { "HOWOFTEN", ANY, "ogni quanto|ogni quanto tempo|con quale frequenza|con che frequenza" },
    { "WHY", ANY, "perché|perchè|come mai|per quale motivo|per quale ragione" },
    { "WHEN", ANY, "quando|a che ora" },
    { "WHERE", ANY, "dove" },
    { "WHERE +CAN", ANY, "dove posso|dove si può" },
    { "WHERE trovo", ANY, "dove posso trovare|dove trovo" },
    { "WHERE +IS", ANY, "dov è|dove si trova" },
    { "WHO", ANY, "chi" },
    { "HOW", ANY, "come" },
    { "WHICH +IS", ANY, "qual è|quali sono" },
    { "DIFFERENCE", ANY, "qual è la differenza tra|qual è la differenza fra|che differenza c è tra|"
      "che differenza c è fra|quali sono le differenze tra" },
    { "YN +CAN", START, "posso|si può|è possibile" },
    { "YN +MUST", START, "devo|bisogna|è necessario" },
    { "YN", AFTER, "se" },
    { "YN +CAN", AFTER, "se posso|se è possibile" },
    { "+IS", ANY, "è|sono" },
    { "+IS +PAST", ANY, "era|erano" },
    { "@t", ANY, "il|lo|la|i|gli|le|l" },
    { "@a", ANY, "un|uno|una" },
    { "di", ANY, "del|della|dello|dell|dei|delle|degli" },
    { "@t", TASK, "mia|mio|miei|mie" },
    { "capitale:m", ANY, "il capitale" },
    { "capitale:f", ANY, "la capitale" },
    { "fine:m", ANY, "il fine" },
    { "fine:f", ANY, "la fine" },
    { "fronte:m", ANY, "il fronte" },
    { "fronte:f", ANY, "la fronte" },
    { "", START, "ciao|buongiorno|buonasera|salve|per favore" },
    { "", END, "per favore|grazie|per cortesia" },
    { "", ASKED, "puoi dirmi|può dirmi|potresti dirmi|mi puoi dire|mi sai dire|dimmi|sai|vorrei sapere|"
      "voglio sapere|mi piacerebbe sapere|spiegami|puoi spiegarmi|mi spieghi|potrebbe dirmi" },
    { "comprare", ANY, "acquistare" },
    { "iniziare", ANY, "cominciare" },
    { "inizia", ANY, "comincia" },
    { "cellulare", ANY, "telefono cellulare" },
    { "%", ANY, "per cento" },
    { "km", ANY, "chilometri|chilometro" },
    { "2", ANY, "due" },
    { "3", ANY, "tre" },
    { "4", ANY, "quattro" },
    { "5", ANY, "cinque" },
    { "6", ANY, "sei" },
    { "7", ANY, "sette" },
    { "8", ANY, "otto" },
    { "9", ANY, "nove" },
    { "10", ANY, "dieci" },
    { "12", ANY, "dodici" },
    { "20", ANY, "venti" },
    { "100", ANY, "cento" },
};

static const struct semantic_row row_pt[] = {
    { "TO", ANY, "como posso|como eu posso|como se pode|como faço para|como eu faço para|como se faz para|"
      "como fazer para|como é que eu posso|como é que posso|como poderia|de que forma posso|"
      "de que maneira posso|o que devo fazer para|o que preciso fazer para|o que tenho que fazer para|"
      "quais são os passos para|qual é a forma de" },
    { "WHAT +IS", ANY, "o que é|o que são|o que significa|o que quer dizer|o que é exatamente|"
      "o que vem a ser|qual é o significado de|qual é a definição de|o que se entende por" },
    { "WHAT +IS", START, "que é|explique|defina|me explique" },
    { "WHAT", ANY, "o que" },
    { "PRICE", ANY, "quanto custa|quanto custam|qual é o preço de|qual é o preço do|qual é o preço da|"
      "qual o preço de|qual o preço do|qual o preço da|qual é o custo do|qual é o custo da|"
      "qual é o custo de|quanto é que custa" },
    { "HOWMUCH", ANY, "quanto" },
    { "HOWMANY m", ANY, "quantos" },
    { "HOWMANY f", ANY, "quantas" },
    { "HOWLONG", ANY, "quanto tempo" },
    { "DURATION", ANY, "quanto tempo leva para|quanto tempo demora para" },
    { "HOWOFTEN", ANY, "com que frequência|de quanto em quanto tempo" },
    { "WHY", ANY, "por que|por que razão|por que motivo|por que é que" },
    { "WHY", START, "porque|porque é que" },
    { "WHEN", ANY, "quando|quando é que|a que horas" },
    { "WHERE", ANY, "onde|onde é que" },
    { "WHERE +CAN", ANY, "onde posso|onde é que posso|onde se pode|onde eu posso" },
    { "WHERE encontro", ANY, "onde posso encontrar|onde encontro" },
    { "WHERE fica", ANY, "onde fica|onde é que fica" },
    { "WHO", ANY, "quem" },
    { "HOW", START, "como" },
    { "HOW", ANY, "como é que" },
    { "WHICH +IS", ANY, "qual é|quais são" },
    { "DIFFERENCE", ANY, "qual é a diferença entre|qual a diferença entre|que diferença há entre|"
      "quais são as diferenças entre" },
    { "YN +CAN", START, "posso|eu posso|pode se|é possível" },
    { "YN +MUST", START, "tenho que|tenho de|preciso|devo|é necessário|eu preciso" },
    { "YN", AFTER, "se" },
    { "YN +CAN", AFTER, "se posso|se é possível|se eu posso" },
    { "+IS", ANY, "é|são" },
    { "+IS +PAST", ANY, "era|eram" },
    { "@t", ANY, "o|a|os|as" },
    { "@a", ANY, "um|uma" },
    { "de", ANY, "do|da|dos|das" },
    { "@t", TASK, "minha|meu|meus|minhas" },
    { "capital:m", ANY, "o capital" },
    { "capital:f", ANY, "a capital" },
    { "grama:m", ANY, "o grama" },
    { "grama:f", ANY, "a grama" },
    { "rádio:m", ANY, "o rádio" },
    { "rádio:f", ANY, "a rádio" },
    { "caixa:m", ANY, "o caixa" },
    { "caixa:f", ANY, "a caixa" },
    { "", START, "olá|oi|bom dia|boa tarde|por favor" },
    { "", END, "por favor|obrigado|obrigada" },
    { "", ASKED, "pode me dizer|você pode me dizer|poderia me dizer|podes me dizer|me diga|me diz|diga me|"
      "você sabe|sabe|gostaria de saber|eu gostaria de saber|quero saber|me explique|pode me explicar|"
      "queria saber|eu queria saber|explique" },
    { "comprar", ANY, "adquirir" },
    { "começar", ANY, "iniciar" },
    { "celular", ANY, "telefone celular" },
    { "email", ANY, "e mail" },
    { "%", ANY, "por cento" },
    { "km", ANY, "quilômetros|quilômetro" },
    { "2", ANY, "dois|duas" },
    { "3", ANY, "três" },
    { "4", ANY, "quatro" },
    { "5", ANY, "cinco" },
    { "6", ANY, "seis" },
    { "7", ANY, "sete" },
    { "8", ANY, "oito" },
    { "9", ANY, "nove" },
    { "10", ANY, "dez" },
    { "12", ANY, "doze" },
    { "20", ANY, "vinte" },
    { "100", ANY, "cem" },
};

static const struct semantic_row row_ru[] = {
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
    { "WHEN", ANY, "когда|в какое время|во сколько" },
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
};
/* clang-format on */

#define ROWS(rows_of) .row = (rows_of), .rows = ARRAY_LEN(rows_of)

const struct semantic_language semantic_language[] = {
    { .code = "en",
      .marks =
          " the a an is are was were do does did can could will would should how what when where who why "
          "which of to for and my i you it in with without not please tell me much many explain define "
          "there ",
      .asks = " how what when where who whom whose why which if whether what's ",
      ROWS(row_en),
      .task_ends = "",
      .task_words = "",
      .plural_s = true,
      .english = true,
      .articles_tell = true },
    { .code = "de",
      .marks =
          " der die das den dem ein eine einen ist sind war wie was wann wo wer wen wem warum wieso weshalb "
          "kann ich man mein meine meinen kostet und mit ohne nicht für von zu auf viel viele bitte mir im "
          "muss darf es unterschied zwischen ob bedeutet ",
      .asks =
          " wie was wann wo wer wen wem warum wieso weshalb ob wieviel wieviele welche welcher welches aus "
          "worin um ",
      ROWS(row_de),
      .task_ends = "",
      .task_words = "" },
    { .code = "es",
      .marks = " el la los las un una es son qué cómo cuándo dónde quién cuál cuánto cuánta por para de del "
               "en con "
               "sin no mi puedo cuesta hay que y se entre significa tengo cuáles ",
      .asks = " cómo como qué que cuándo cuando dónde donde quién quien cuál cuáles cuánto cuántos cuántas "
              "por si a "
              "en de ",
      ROWS(row_es),
      .task_ends = "ar er ir arme erme irme arse",
      .task_words = " cómo como ",
      .plural_s = true },
    { .code = "fr",
      .marks = " le la les un une est sont qu ce que comment quand où qui pourquoi combien quel quelle de du "
               "des d l "
               "puis je peut on mon ma mes pour avec sans pas et à signifie coûte quoi c en dans entre il ",
      .asks = " comment quand où qui pourquoi combien quel quelle quels quelles ce qu que si à pour c ",
      ROWS(row_fr),
      .task_ends = "er ir re",
      .task_words = " comment ",
      .plural_s = true },
    { .code = "it",
      .marks = " il lo la i gli le un una è sono che cosa cos come quando dove dov chi perché qual quale "
               "quali quanto "
               "di del della posso si può per con senza non mio mia e costa significa tra c in ",
      .asks = " come cosa cos che quando dove dov chi perché qual quale quali quanto quanti quante se a per "
              "ogni ",
      ROWS(row_it),
      .task_ends = "are ere ire armi ermi irmi",
      .task_words = " come " },
    { .code = "pt",
      .marks = " o a os as um uma é são que como quando onde quem qual quais quanto quanta de do da em no na "
               "com sem "
               "não posso meu minha para por e custa significa eu faço você tenho entre fica ",
      .asks = " como o quando onde quem por porque qual quais quanto quantos quantas se a que com ",
      ROWS(row_pt),
      .task_ends = "ar er ir",
      .task_words = " como ",
      .plural_s = true },
    { .code = "ru",
      .marks = " как что где когда кто почему зачем сколько в на с не и я мне мой можно ли такое это для без "
               "из по "
               "стоит чем разница между отчего нужно во значит у какой какая какое какие ",
      .asks =
          " как что где когда кто почему зачем сколько какой какая какое какие во в отчего по можно каким ",
      ROWS(row_ru),
      .task_ends = "ть ти ться",
      .task_words = " как " },
};
const size_t semantic_languages = ARRAY_LEN(semantic_language);
