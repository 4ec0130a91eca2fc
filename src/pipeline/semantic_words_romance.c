/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic_words_romance: the rows of Spanish, French, Italian and Portuguese. Articles go, but where the
 * gender tells two words apart ("la capital", "el capital") it stays with the word.
 */
#include "pipeline/semantic_words.h"

static const struct semantic_row row_es[] = {
    /* clang-format off */
    { "TO", ANY, "cómo puedo|como puedo|cómo se puede|como se puede|cómo podría|cómo hago para|"
      "como hago para|cómo hacer para|de qué manera puedo|de qué forma puedo|cuál es la forma de|"
      "cuál es la manera de|qué debo hacer para|qué tengo que hacer para|qué hay que hacer para|"
      "cuáles son los pasos para|qué hago para" },
    { "WHAT +IS", ANY, "qué es|qué son|qué significa|qué quiere decir|qué es exactamente|"
      "qué se entiende por|cuál es el significado de|cuál es la definición de" },
    { "WHAT +IS", START, "que es|que son|que significa|define" },
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
    { "WHEN", ANY, "cuándo" },
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
    { "email", ANY, "correo electrónico|e mail" },
    { "TIME", ANY, "a qué hora" },
    /* clang-format on */
};

const struct semantic_language semantic_es = {
    .code = "es",
    .marks = " el la los las un una es son qué como cuando donde qué cómo cuándo dónde quién cuál cuánto "
             "cuánta por para de del "
             "en con "
             "sin no mi puedo cuesta hay que y se entre significa tengo cuáles quiere decir quién debo ",
    .asks = " cómo como qué que cuándo cuando dónde donde quién quien cuál cuáles cuánto cuántos cuántas "
            "por si a "
            "en de ",
    SEMANTIC_ROWS(row_es),
    .task_ends = "ar er ir arme erme irme arse",
    .task_words = " cómo como ",
    .plural_s = true
};

static const struct semantic_row row_fr[] = {
    /* clang-format off */
    { "TO", ANY, "comment puis je|comment je peux|comment peut on|comment on peut|"
      "comment est ce que je peux|comment faire pour|comment pourrais je|comment dois je faire pour|"
      "comment je fais pour|comment est ce qu on peut|de quelle manière puis je|que dois je faire pour|"
      "quelle est la façon de|quelles sont les étapes pour|que faut il faire pour" },
    { "WHAT", ANY, "qu est ce que|qu est ce qu|qu est ce que c est que|c est quoi|que signifie|"
      "que veut dire|ça veut dire quoi|qu est ce que ça veut dire|quelle est la définition de|"
      "qu entend on par|quelle est la signification de|c est quoi exactement" },
    { "WHAT", START, "définis" },
    { "WHATDOES", ANY, "qu est ce qui" },
    { "PRICE", ANY, "combien coûte|combien coûtent|combien coute|quel est le prix de|quel est le prix du|"
      "quel est le coût de|quel est le coût du|quel est le prix d|combien est ce que coûte|à combien est|"
      "combien vaut" },
    { "HOWMUCH", ANY, "combien" },
    { "HOWLONG", ANY, "combien de temps" },
    { "DURATION", ANY, "combien de temps faut il pour|combien de temps cela prend il pour" },
    { "HOWOFTEN", ANY, "à quelle fréquence|tous les combien" },
    { "WHY", ANY, "pourquoi|pourquoi est ce que|pour quelle raison|pour quelles raisons" },
    { "WHEN", ANY, "quand|quand est ce que" },
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
    { "TIME", ANY, "à quelle heure|à quelle heure est ce que" },
    /* clang-format on */
};

const struct semantic_language semantic_fr = {
    .code = "fr",
    .marks = " le la les un une est sont qu ce que comment quand où qui pourquoi combien quel quelle de du "
             "des d l "
             "puis je peut on mon ma mes pour avec sans pas et à signifie coûte quoi c en dans entre il que "
             "veut dire dois ",
    .asks = " comment quand où qui pourquoi combien quel quelle quels quelles ce qu que si à pour c ",
    SEMANTIC_ROWS(row_fr),
    .task_ends = "er ir re",
    .task_words = " comment ",
    .plural_s = true
};

static const struct semantic_row row_it[] = {
    /* clang-format off */
    { "TO", ANY, "come posso|come si può|come si fa a|come faccio a|come faccio per|come fare a|"
      "come fare per|come potrei|in che modo posso|in quale modo posso|cosa devo fare per|"
      "che cosa devo fare per|quali sono i passaggi per|qual è il modo di|qual è il modo per" },
    { "WHAT +IS", ANY, "che cos è|cos è|che cosa è|cosa è|cosa sono|che cosa sono|cosa significa|"
      "che cosa significa|che significa|cosa vuol dire|che cosa vuol dire|cosa si intende per|"
      "qual è il significato di|qual è la definizione di" },
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
    { "WHEN", ANY, "quando" },
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
    { "@t", ANY, "il|lo|la|i|l" },
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
    { "TIME", ANY, "a che ora" },
    /* clang-format on */
};

const struct semantic_language semantic_it = {
    .code = "it",
    .marks = " il lo la i gli le un una è sono che cosa cos come quando dove dov chi perché qual quale "
             "quali quanto "
             "di del della posso si può per con senza non mio mia e costa significa tra c in vuol dire devo ",
    .asks = " come cosa cos che quando dove dov chi perché qual quale quali quanto quanti quante se a per "
            "ogni ",
    SEMANTIC_ROWS(row_it),
    .task_ends = "are ere ire armi ermi irmi",
    .task_words = " come "
};

static const struct semantic_row row_pt[] = {
    /* clang-format off */
    { "TO", ANY, "como posso|como eu posso|como se pode|como faço para|como eu faço para|como se faz para|"
      "como fazer para|como é que eu posso|como é que posso|como poderia|de que forma posso|"
      "de que maneira posso|o que devo fazer para|o que preciso fazer para|o que tenho que fazer para|"
      "quais são os passos para|qual é a forma de" },
    { "WHAT +IS", ANY, "o que é|o que são|o que significa|o que quer dizer|o que é exatamente|"
      "o que vem a ser|qual é o significado de|qual é a definição de|o que se entende por" },
    { "WHAT +IS", START, "que é|defina" },
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
    { "WHEN", ANY, "quando|quando é que" },
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
    { "TIME", ANY, "a que horas" },
    { "WHOM", ANY, "a quem" },
    /* clang-format on */
};

const struct semantic_language semantic_pt = {
    .code = "pt",
    .marks = " o a os as um uma é são que como quando onde quem qual quais quanto quanta de do da em no na "
             "com sem "
             "não posso meu minha para por e custa significa eu faço você tenho entre fica preciso devo quer "
             "dizer ",
    .asks = " como o quando onde quem por porque qual quais quanto quantos quantas se a que com ",
    SEMANTIC_ROWS(row_pt),
    .task_ends = "ar er ir",
    .task_words = " como ",
    .plural_s = true
};
