/* SPDX-License-Identifier: Apache-2.0
 *
 * lexicon: the words and phrases the score reads, in en de es fr it pt ru, with what each is a sign of.
 * One sorted table and one search per word keep the cost linear in the text. A word may be a sign of
 * several things; forms are listed, not stemmed, so that a reader sees exactly what matches.
 */
#include "pipeline/lexicon.h"

#include <string.h>

struct entry {
    const char *words; /* lower case, one blank between words */
    unsigned signs;
};

enum {
    QU = LEX_QUESTION,
    NG = LEX_NEGATION,
    FN = LEX_FUNCTION,
    CN = LEX_CONDITION,
    CM = LEX_COMPARISON,
    QN = LEX_QUANTITY,
    PE = LEX_PERSON,
    WY = LEX_WHY,
    HW = LEX_HOW,
    WH = LEX_WHICH,
    HM = LEX_HOW_MANY,
    HI = LEX_HELLO,
    TA = LEX_TASK,
    WK = LEX_WORK,
    CO = LEX_CODE,
    FO = LEX_FOLLOW,
    LV = LEX_LIVE,
    LW = LEX_LIVE_WEAK,
    TL = LEX_TIMELESS,
};

/* In the order of strcmp: lexicon_signs searches by halves, and lexicon_sorted is what a test asks. */
static const struct entry entries[] = {
    /* clang-format off */
    { "a", FN }, { "a cuánto está", LV }, { "a cómo está", LV }, { "a quanto sta", LV }, { "aber", FO },
    { "actual", LV }, { "actualités", LV }, { "actualmente", LV }, { "actuel", LV }, { "actuelle", LV },
    { "actuellement", LV }, { "adesso", LV }, { "adiós", HI }, { "advantages and disadvantages", TA },
    { "agora", LW }, { "agora mesmo", LV }, { "ahora", LW }, { "ahora mismo", LV }, { "aktienkurs", LV },
    { "aktuell", LV }, { "aktuelle", LV }, { "aktuellen", LV }, { "aktueller", LV }, { "algorithm", CO },
    { "all", QN }, { "alle", QN }, { "allora", FO }, { "alors", FO }, { "als", CM }, { "also", FO },
    { "although", CN }, { "altogether", QN }, { "amanhã", LV }, { "an", FN }, { "analise", TA },
    { "analiza", TA }, { "analizza", TA }, { "analyse", TA }, { "analysez", TA }, { "analysiere", TA },
    { "analysis", TA }, { "analyze", TA }, { "and", FN | FO }, { "and why", FO }, { "any", QN },
    { "api endpoint", CO }, { "architecture", TA }, { "are", FN }, { "arrivederci", HI }, { "as", FN },
    { "as of now", LV }, { "assess", TA }, { "assume", CN }, { "at", FN }, { "at the moment", LV },
    { "attuale", LV }, { "attualmente", LV }, { "atual", LV }, { "atualmente", LV }, { "au revoir", HI },
    { "aucun", NG }, { "aujourd hui", LV }, { "aunque", CN }, { "ausführlich", TA }, { "außer", NG },
    { "avalie", TA }, { "avantages et inconvénients", TA }, { "ayer", LV }, { "bash", CO }, { "be", FN },
    { "beaucoup", QN }, { "because", CN }, { "bedeutet", TL }, { "berechne", WK }, { "berechnet", TL },
    { "besser", CM }, { "best", CM }, { "beste", CM }, { "better", CM }, { "beweise", TA },
    { "bewerte", TA }, { "bitcoin", LW }, { "bitcoinkurs", LV }, { "boa noite", HI }, { "boa tarde", HI },
    { "bom dia", HI }, { "bonjour", HI }, { "bonsoir", HI }, { "breaking", LV }, { "breaking news", LV },
    { "btc", LW }, { "buenas noches", HI }, { "buenas tardes", HI }, { "buenos días", HI },
    { "buonasera", HI }, { "buongiorno", HI }, { "business plan", TA }, { "but", FO }, { "by", FN },
    { "bye", HI }, { "cada", QN }, { "calcolare", TL }, { "calcula", WK }, { "calcular", TL },
    { "calculate", WK | TL }, { "calcule", WK }, { "calculer", TL }, { "cannot", NG }, { "ce soir", LV },
    { "ce week end", LV }, { "cela", FO }, { "cependant", CN }, { "cette année", LV },
    { "cette semaine", LV }, { "chaque", QN }, { "che cos", TL }, { "che cosa", QU }, { "che cosa è", TL },
    { "che tempo fa", LV }, { "chi", QU }, { "chi ha vinto", LV }, { "ciao", HI }, { "clima", LV },
    { "code", CO }, { "combien", QU | HM }, { "combien coûte", LV }, { "combien vaut", LV },
    { "come", QU | HW }, { "come funziona", WK | TL }, { "come posso", WK }, { "come stai", HI },
    { "comment", QU | HW }, { "comment faire", WK }, { "comment fonctionne", WK | TL },
    { "comment puis", WK }, { "como", HW }, { "como funciona", WK | TL }, { "como posso", WK },
    { "compara", TA }, { "comparar", TA }, { "compare", TA }, { "compare les", TA }, { "comparez", TA },
    { "compile", CO }, { "compiler", CO }, { "comprehensive", TA }, { "con", FN }, { "concevez", TA },
    { "confronta", TA }, { "const", CO }, { "continua", FO }, { "continue", FO }, { "contrast", TA },
    { "conçois", TA }, { "cool", HI }, { "cos è", TL }, { "cosa", QU }, { "cosa c è di nuovo", LV },
    { "cosa significa", TL }, { "cotação", LV }, { "cotización", LV }, { "could", CN }, { "cours de", LW },
    { "cours du", LV }, { "critique", TA }, { "css", CO }, { "current", LW }, { "current ceo", LV },
    { "current gas", LV }, { "current market", LV }, { "current president", LV }, { "current price", LV },
    { "current rate", LV }, { "current status", LV }, { "current version", LV }, { "current weather", LV },
    { "currently", LV }, { "cuál", QU | WH }, { "cuál es el precio", LV }, { "cuáles", QU },
    { "cuándo", QU }, { "cuántas", HM }, { "cuánto", QU | HM }, { "cuánto cuesta", LV },
    { "cuánto vale", LV }, { "cuántos", HM }, { "cómo", QU | HW }, { "cómo funciona", WK | TL },
    { "cómo puedo", WK }, { "da", FN }, { "danke", HI }, { "das", FN | FO }, { "de", FN }, { "debug", WK },
    { "def", CO }, { "define", TL }, { "definiere", TL }, { "definition", TL }, { "dein", PE },
    { "delayed", LV }, { "demain", LV }, { "demonstre", TA }, { "demuestra", TA }, { "der", FN },
    { "derive", TA }, { "dernière version", LV }, { "dernières nouvelles", LV }, { "derzeit", LV },
    { "des", FN }, { "deshalb", CN }, { "design", TA }, { "di", FN }, { "die", FN }, { "dies", FO },
    { "diese woche", LV }, { "dieses jahr", LV }, { "dieses wochenende", LV }, { "diferencia", WK | TL },
    { "diferença", WK | TL }, { "difference", WK }, { "difference between", WK | TL },
    { "differenza", WK | TL }, { "différence", WK | TL }, { "dimostra", TA }, { "diseña", TA },
    { "do", FN }, { "doble", CM }, { "docker", CO }, { "dollar", LW }, { "domani", LV }, { "doppelt", CM },
    { "double", CM }, { "dove", QU }, { "draft", WK }, { "du", FN | PE }, { "démontre", TA },
    { "démontrez", TA }, { "dónde", QU }, { "e", FN | FO }, { "each", QN }, { "ein", FN }, { "eine", FN },
    { "el", FN }, { "el tiempo en", LV }, { "election results", LV }, { "elle", PE }, { "em detalhe", TA },
    { "embora", CN }, { "en", FN }, { "en ce moment", LV }, { "en detalle", TA }, { "en détail", TA },
    { "en este momento", LV }, { "entonces", FO }, { "entwirf", TA }, { "então", FO }, { "er", PE },
    { "ergebnis", LW }, { "erklär", WK }, { "erkläre", WK | TL }, { "es", FN }, { "escreva", WK },
    { "escribe", WK }, { "eso", FO }, { "essay", TL }, { "est", FN }, { "est ce que", QU },
    { "esta semana", LV }, { "este ano", LV }, { "este año", LV }, { "este fin de semana", LV },
    { "esto", FO }, { "estrategia", TA }, { "estratégia", TA }, { "et", FN | FO }, { "et si", FO },
    { "eth", LW }, { "ethereum", LW }, { "eu", PE }, { "euro", LW }, { "evaluate", TA }, { "evalúa", TA },
    { "event", LW }, { "events", LW }, { "every", QN }, { "example of", TL }, { "except", NG },
    { "exception", CO }, { "excepto", NG }, { "exceto", NG }, { "exchange rate", LW },
    { "explain", WK | TL }, { "explain how", TL }, { "explain what", TL }, { "explain why", TL },
    { "explica", WK | TL }, { "explique", WK | TL }, { "expliquez", WK }, { "explícame", WK },
    { "falls", CN }, { "false", NG }, { "fasse", WK }, { "fees", LW }, { "fewer", CM }, { "fix", WK },
    { "flights", LW }, { "fonction", CO }, { "for", FN }, { "forecast", LV }, { "from", FN },
    { "función", CO }, { "function", CO }, { "funktion", CO }, { "funzione", CO }, { "função", CO },
    { "gas price now", LV }, { "gedicht", TL }, { "gerade", LV }, { "geschichte der", TL },
    { "geschichte des", TL }, { "gestern", LV }, { "git", CO }, { "given", CN }, { "gli", FN },
    { "go on", FO }, { "golang", CO }, { "gold", LW }, { "good afternoon", HI }, { "good evening", HI },
    { "good morning", HI }, { "good night", HI }, { "goodbye", HI }, { "gracias", HI }, { "grazie", HI },
    { "great", HI }, { "greater", CM }, { "grève aujourd hui", LV }, { "guten abend", HI },
    { "guten morgen", HI }, { "guten tag", HI }, { "haiku", TL }, { "half", CM }, { "hallo", HI },
    { "he", PE }, { "hello", HI }, { "help me", WK }, { "her", PE }, { "herleite", TA }, { "heute", LV },
    { "hey", HI }, { "hi", HI }, { "hier", LV }, { "him", PE }, { "his", PE }, { "histoire de", TL },
    { "historia de", TL }, { "history of", TL }, { "história da", TL }, { "história do", TL },
    { "hoje", LV }, { "hola", HI }, { "how", QU | HW }, { "how about", FO }, { "how are you", HI },
    { "how can i", WK }, { "how do", WK | TL }, { "how does", WK | TL }, { "how far", HM },
    { "how is", TL }, { "how long", HM }, { "how many", HM }, { "how much", HM }, { "how much is", LV },
    { "how so", FO }, { "how to", WK }, { "how was", TL }, { "how were", TL }, { "how would", WK },
    { "however", CN }, { "hoy", LV }, { "html", CO }, { "i", PE }, { "ich", PE }, { "ieri", LV },
    { "if", CN }, { "il", FN }, { "implement", TA }, { "implementation", TA }, { "implications", TA },
    { "import", CO }, { "in", FN }, { "in depth", TA }, { "in detail", TA }, { "in dettaglio", TA },
    { "in questo momento", LV }, { "incorrect", NG }, { "insgesamt", QN }, { "io", PE }, { "is", FN },
    { "is down", LV }, { "isso", FO }, { "ist", FN }, { "isto", FO }, { "it", FN | FO }, { "ja", HI },
    { "jamais", NG }, { "java", CO }, { "javascript", CO }, { "je", PE }, { "jede", QN }, { "jeder", QN },
    { "jetzt", LW }, { "jetzt gerade", LV }, { "json", CO }, { "just announced", LV },
    { "just released", LV }, { "justify", TA }, { "kein", NG }, { "keine", NG }, { "keinen", NG },
    { "kubernetes", CO }, { "kurs", LV }, { "kurs von", LV }, { "la", FN }, { "larger", CM }, { "las", FN },
    { "last night", LV }, { "latest", LV }, { "latest version", LV }, { "le", FN }, { "least", NG | CM },
    { "left", QN }, { "leite", TA }, { "lequel", FO }, { "les", FN }, { "less", CM }, { "lineup", LV },
    { "literature", TA }, { "live score", LV }, { "lo", FN }, { "lol", HI }, { "los", FN }, { "ma", FO },
    { "mai", NG }, { "maintenant", LV }, { "mais", CM | FO }, { "many", QN }, { "market cap of", LV },
    { "mañana", LW }, { "mañana va", LV }, { "me", PE }, { "mean", TL }, { "meaning of", TL },
    { "meglio", CM }, { "mehr", CM | FO }, { "meilleur", CM }, { "mein", PE }, { "mejor", CM },
    { "melhor", CM }, { "meno", CM }, { "menos", CM }, { "merci", HI }, { "metaphor", TL }, { "meteo", LV },
    { "meu", PE }, { "mi", PE }, { "mieux", CM }, { "migliore", CM }, { "migration plan", TA },
    { "mio", PE }, { "mit", FN }, { "moin", HI }, { "moins", CM }, { "molti", QN }, { "momentan", LV },
    { "mon", PE }, { "more", CM | FO }, { "morgen", LW }, { "morgen früh", LV }, { "most", CM },
    { "much", QN }, { "muchos", QN }, { "my", PE }, { "más", CM | FO }, { "météo", LV },
    { "nachrichten", LV }, { "nein", HI }, { "neither", NG }, { "nenhum", NG }, { "nessuno", NG },
    { "neste momento", LV }, { "neueste", LV }, { "neuesten", LV }, { "never", NG }, { "news", LV },
    { "next week", LV }, { "nice", HI }, { "nicht", NG }, { "nie", NG }, { "niemals", NG },
    { "ninguno", NG }, { "no", NG | HI }, { "noi", PE }, { "non", NG }, { "none", NG }, { "nor", NG },
    { "not", NG }, { "noticias", LV }, { "notizie", LV }, { "notícias", LV }, { "nous", PE },
    { "novel", TL }, { "now", LW }, { "nullptr", CO }, { "nunca", NG }, { "não", NG }, { "o", FN },
    { "o que há de novo", LV }, { "o que significa", TL }, { "o que é um", TL }, { "o que é uma", TL },
    { "obrigada", HI }, { "obrigado", HI }, { "obwohl", CN }, { "oder", FN }, { "of", FN }, { "oggi", LV },
    { "ogni", QN }, { "ohne", NG }, { "oi", HI }, { "ok", HI }, { "okay", HI }, { "olá", HI }, { "on", FN },
    { "onde", QU }, { "ontem", LV }, { "open now", LV }, { "optimise", TA }, { "optimize", TA },
    { "or", FN }, { "os", FN }, { "ou", FN }, { "oui", HI }, { "our", PE }, { "outage", LV }, { "où", QU },
    { "parce que", CN }, { "pas", NG }, { "paso a paso", TA }, { "passo a passo", TA },
    { "passo dopo passo", TA }, { "per", QN }, { "perché", QU | CN | WY | WK | FO }, { "pero", FO },
    { "ping", HI }, { "più", CM }, { "plan", WK }, { "plus", CM }, { "poem", TL }, { "poema", TL },
    { "poesia", TL }, { "por que", QU | WY | WK | FO }, { "por qué", QU | WY | WK | FO },
    { "porque", QU | CN }, { "pourquoi", QU | WY | WK | FO }, { "poème", TL }, { "precio", LW },
    { "precio actual", LV }, { "precio de", LW }, { "precio del", LW }, { "precios", LW }, { "preis", LW },
    { "preis von", LV }, { "preise", LW }, { "present perfect", TL }, { "previsioni", LV },
    { "previsão do tempo", LV }, { "prezzo", LW }, { "prezzo attuale", LV }, { "prezzo del", LW },
    { "prezzo di", LW }, { "preço", LW }, { "preço atual", LV }, { "preço da", LW }, { "preço de", LW },
    { "preço do", LW }, { "price", LW }, { "price of", LW }, { "price of bitcoin", LV },
    { "price of btc", LV }, { "price of eth", LV }, { "price of ethereum", LV }, { "price of gold", LV },
    { "price of oil", LV }, { "prices", LW }, { "prices now", LV }, { "printf", CO }, { "prix", LW },
    { "prix actuel", LV }, { "prix de", LW }, { "prix du", LW }, { "pro", QN }, { "pro e contro", TA },
    { "progetta", TA }, { "projete", TA }, { "pronóstico", LV }, { "proofread", TL },
    { "pros and cons", TA }, { "prove", TA }, { "prove que", TA }, { "prévisions", LV },
    { "prós e contras", TA }, { "python", CO }, { "qu est ce qu", TL }, { "quais", QU },
    { "qual", QU | WH }, { "qual o preço", LV }, { "qual è il prezzo", LV }, { "qual é o preço", LV },
    { "quale", QU | WH }, { "quali", QU }, { "quand", QU }, { "quando", QU }, { "quantas", HM },
    { "quante", HM }, { "quanti", HM }, { "quanto", QU | HM }, { "quanto costa", LV },
    { "quanto custa", LV }, { "quanto está", LV }, { "quanto vale", LV }, { "quantos", HM }, { "que", QU },
    { "que signifie", TL }, { "quel", QU | WH }, { "quel est le cours", LV }, { "quel est le prix", LV },
    { "quel temps", LV }, { "quelle", QU | WH }, { "quelles", QU }, { "quello", FO }, { "quels", QU },
    { "quem", QU }, { "quem ganhou", LV }, { "quest anno", LV }, { "questa settimana", LV },
    { "questo", FO }, { "qui", QU }, { "qui a gagné", LV }, { "quién", QU }, { "quién ganó", LV },
    { "quoi", QU }, { "quoi de neuf", LV }, { "quotazione", LV }, { "qué", QU }, { "qué es un", TL },
    { "qué es una", TL }, { "qué hay de", FO }, { "qué hay de nuevo", LV }, { "qué significa", TL },
    { "qué tal", HI }, { "qué tiempo", LV }, { "rate", LW }, { "rates", LW }, { "really", FO },
    { "recent", LV }, { "recent past", TL }, { "recently", LV }, { "recommend", WK }, { "reescreva", TL },
    { "reescribe", TL }, { "refactor", WK }, { "regex", CO }, { "remaining", QN }, { "research", TA },
    { "rest", QN }, { "resultado", LW }, { "results", LW }, { "resuma", WK }, { "resume", WK },
    { "return", CO }, { "rewrite", WK | TL }, { "riassumi", WK }, { "right now", LV }, { "riscrivi", TL },
    { "risultato", LW }, { "rust", CO }, { "résultat", LW }, { "résume", WK }, { "réécris", TL },
    { "salut", HI }, { "sans", NG }, { "sauf", NG }, { "schedule", LW }, { "schreib", WK },
    { "schreibe", WK }, { "schritt für schritt", TA }, { "score", LW }, { "scrivi", WK }, { "se", CN },
    { "segfault", CO }, { "sem", NG }, { "senza", NG }, { "servus", HI }, { "share price", LV },
    { "she", PE }, { "should", CN }, { "show me", WK }, { "si", CN }, { "sie", PE }, { "signifie", TL },
    { "sigue", FO }, { "sim", HI }, { "sin", NG }, { "sin embargo", CN }, { "smaller", CM }, { "so", FO },
    { "so far this year", LV }, { "solidity", CO }, { "some", QN }, { "spiega", WK | TL },
    { "spiegami", WK }, { "spielstand", LV }, { "sql", CO }, { "stack trace", CO }, { "standings", LV },
    { "stasera", LV }, { "stau", LV }, { "steht der kurs", LV }, { "step by step", TA }, { "stock", LW },
    { "stock price", LV }, { "stocks", LW }, { "storia della", TL }, { "storia di", TL }, { "story", TL },
    { "strategia", TA }, { "strategie", TA }, { "strategy", TA }, { "stratégie", TA }, { "suggest", WK },
    { "summarise", WK }, { "summarize", WK }, { "suppose", CN }, { "symbol", TL }, { "sì", HI },
    { "sí", HI }, { "tasso di cambio", LW }, { "taux de change", LW }, { "taxa de câmbio", LW },
    { "tempo", LW }, { "tempo em", LV }, { "temps fait il", LV }, { "test", HI }, { "than", CM },
    { "thank you", HI }, { "thanks", HI }, { "that", FN | FO }, { "that one", FO }, { "the", FN },
    { "the first", FO }, { "the score in", LV }, { "the second", FO }, { "their", PE }, { "them", PE | FO },
    { "then", CN | FO }, { "therefore", CN }, { "these", FO }, { "they", PE }, { "this", FN | FO },
    { "this evening", LV }, { "this month", LV }, { "this morning", LV }, { "this quarter", LV },
    { "this season", LV }, { "this week", LV }, { "this weekend", LV }, { "this year", LV },
    { "thoroughly", TA }, { "those", FO }, { "thx", HI }, { "tipo de cambio", LW }, { "to", FN },
    { "today", LV }, { "today s", LV }, { "todos", QN }, { "tomorrow", LV }, { "tonight", LV },
    { "total", QN }, { "tous", QN }, { "traceback", CO }, { "trade off", TA }, { "trade offs", TA },
    { "tradeoff", TA }, { "tradeoffs", TA }, { "trading at", LV }, { "traduce", WK | TL },
    { "traduci", WK | TL }, { "traduis", WK | TL }, { "traduza", WK | TL }, { "traffic", LW },
    { "traffic on", LV }, { "traffico a", LV }, { "trafic à", LV }, { "tranne", NG },
    { "translate", WK | TL }, { "trending", LV }, { "tráfico en", LV }, { "trânsito", LV },
    { "tschüss", HI }, { "tu", PE }, { "tudo bem", HI }, { "tuttavia", CN }, { "tutti", QN },
    { "twice", CM }, { "ty", HI }, { "typescript", CO }, { "tú", PE }, { "ultime", LV },
    { "umschreiben", TL }, { "un", FN }, { "una", FN }, { "und", FN | FO }, { "und wenn", FO },
    { "undefined", CO }, { "unless", CN }, { "unterschied", WK | TL }, { "up to date", LV },
    { "upcoming", LV }, { "va a llover", LV }, { "valuta", TA }, { "ventajas y desventajas", TA },
    { "vergleich", TA }, { "vergleiche", TA }, { "verkehrslage", LV }, { "viele", QN }, { "você", PE },
    { "von", FN }, { "vor und nachteile", TA }, { "vorhersage", LV }, { "vous", PE }, { "wann", QU },
    { "wann ist das nächste", LW }, { "wann ist die nächste", LW }, { "warum", QU | WY | WK | FO },
    { "was", QU | FN }, { "was bedeutet", TL }, { "was gibt es neues", LV }, { "was ist ein", TL },
    { "was ist eine", TL }, { "was ist mit", FO }, { "was kostet", LV }, { "we", PE }, { "weather", LV },
    { "wechselkurs", LW }, { "weil", CN }, { "weiter", FO }, { "welche", QU | WH | FO },
    { "welcher", QU | WH }, { "welches", QU | WH }, { "wem", QU }, { "wen", QU }, { "weniger", CM },
    { "wenn", CN }, { "wer", QU }, { "wer hat gewonnen", LV }, { "were", FN }, { "weshalb", QU | WY },
    { "wetter", LV }, { "what", QU }, { "what about", FO }, { "what can you do", HI }, { "what does", TL },
    { "what happened today", LV }, { "what if", FO }, { "what is a", TL }, { "what is new", LV },
    { "what is the price", LV }, { "what s new", LV }, { "what s the price", LV },
    { "what s the score", LV }, { "when", QU }, { "when is the next", LV }, { "where", QU },
    { "whether", CN }, { "which", QU | WH }, { "which one", FO }, { "who", QU }, { "who are you", HI },
    { "who is leading", LV }, { "who is winning", LV }, { "who s winning", LV }, { "who won", LV },
    { "whom", QU }, { "whose", QU }, { "why", QU | WY | WK | FO }, { "why are", TL }, { "why do", TL },
    { "why is the", TL }, { "wie", QU | HW }, { "wie funktioniert", WK | TL }, { "wie geht", HI },
    { "wie hoch ist der", LV }, { "wie kann", WK }, { "wie steht es", LV }, { "wie teuer ist", LV },
    { "wie viel", HM }, { "wie viele", HM }, { "wieso", QU | WY }, { "wieviel", HM }, { "wir", PE },
    { "wird es morgen", LV }, { "wirklich", FO }, { "with", FN }, { "without", NG }, { "wo", QU },
    { "worse", CM }, { "would", CN }, { "write", WK }, { "write a", TL }, { "y", FN | FO }, { "yes", HI },
    { "yesterday", LV }, { "yo", PE | HI }, { "you", PE }, { "your", PE }, { "zu", FN }, { "zurzeit", LV },
    { "ça", FO }, { "ça va", HI }, { "è", FN }, { "é", FN }, { "écris", WK }, { "écrivez", WK },
    { "étape par étape", TA }, { "évalue", TA }, { "évaluez", TA }, { "últimas", LV },
    { "último precio", LV }, { "übersetze", WK | TL }, { "а", FO }, { "а если", FO }, { "актуальные", LV },
    { "актуальный", LV }, { "без", NG }, { "больше", CM }, { "в", FN }, { "в данный момент", LV },
    { "в этом году", LV }, { "все", QN }, { "всего", QN }, { "вчера", LV }, { "вы", PE }, { "где", QU },
    { "да", HI }, { "дальше", FO }, { "доброе утро", HI }, { "добрый вечер", HI }, { "добрый день", HI },
    { "докажи", TA }, { "докажите", TA }, { "если", CN }, { "еще", FO }, { "ещё", FO },
    { "за и против", TA }, { "завтра", LV }, { "зачем", QU | WY }, { "здравствуй", HI },
    { "здравствуйте", HI }, { "и", FN | FO }, { "или", FN }, { "история", TL }, { "каждый", QN },
    { "как", QU | HW }, { "как дела", HI }, { "как мне", WK }, { "как работает", WK | TL },
    { "какая", QU | WH }, { "какая цена", LV }, { "какие", QU }, { "каков", QU }, { "какой", QU | WH },
    { "какой курс", LV }, { "когда", QU }, { "код", CO }, { "кроме", NG }, { "кто", QU },
    { "кто выиграл", LV }, { "кто победил", LV }, { "курс", LW }, { "курс доллара", LV },
    { "курс евро", LV }, { "лучше", CM }, { "меньше", CM }, { "много", QN }, { "мой", PE }, { "мы", PE },
    { "на", FN }, { "на этой неделе", LV }, { "напиши", WK }, { "не", NG }, { "нет", NG },
    { "никогда", NG }, { "но", FO }, { "новости", LV }, { "объясни", WK | TL }, { "объясните", WK },
    { "однако", CN }, { "он", PE }, { "она", PE }, { "оцени", TA }, { "переведи", WK | TL },
    { "перепиши", TL }, { "по", FN }, { "погода", LV }, { "погоду", LV }, { "подробнее", FO },
    { "подробно", TA }, { "пока", HI }, { "последние", LV }, { "последняя версия", LV }, { "посчитай", WK },
    { "потому", CN }, { "почему", QU | WY | WK | FO }, { "пошагово", TA }, { "привет", HI },
    { "проанализируй", TA }, { "проанализируйте", TA }, { "пробки", LV }, { "прогноз", LV },
    { "прямо сейчас", LV }, { "разница", WK | TL }, { "разработай", TA }, { "рассчитай", WK }, { "с", FN },
    { "сегодня", LV }, { "сейчас", LV }, { "сколько", QU | HM | LW }, { "сколько стоит", LV },
    { "спасибо", HI }, { "спроектируй", TA }, { "сравни", TA }, { "сравните", TA }, { "стихотворение", TL },
    { "стратегию", TA }, { "стратегия", TA }, { "текущая", LV }, { "текущий", LV }, { "текущий курс", LV },
    { "ты", PE }, { "функцию", CO }, { "функция", CO }, { "хотя", CN }, { "цена", LW }, { "чем", CM },
    { "чем отличается", WK }, { "что", QU }, { "что значит", TL }, { "что нового", LV },
    { "что означает", TL }, { "что такое", TL }, { "это", FN | FO }, { "я", PE },
    /* clang-format on */
};

/* The word at text[0..len) against the first word of `words`. */
static int first_word_order(const char *words, const char *text, size_t len)
{
    int order = strncmp(words, text, len);
    if (order)
        return order;
    return words[len] == '\0' || words[len] == ' ' ? 0 : 1;
}

static size_t first_at_least(const char *text, size_t len)
{
    size_t lo = 0, hi = ARRAY_LEN(entries);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (first_word_order(entries[mid].words, text, len) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

unsigned lexicon_signs(const char *text, size_t word_len)
{
    unsigned signs = 0;
    for (size_t i = first_at_least(text, word_len); i < ARRAY_LEN(entries); i++) {
        const struct entry *e = &entries[i];
        size_t len = strlen(e->words);
        if (first_word_order(e->words, text, word_len) != 0)
            break;
        if (strncmp(e->words, text, len) == 0 && (text[len] == ' ' || text[len] == '\0'))
            signs |= e->signs;
    }
    return signs;
}

bool lexicon_sorted(void)
{
    for (size_t i = 1; i < ARRAY_LEN(entries); i++)
        if (strcmp(entries[i - 1].words, entries[i].words) >= 0)
            return false;
    return true;
}
