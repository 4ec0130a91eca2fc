/* SPDX-License-Identifier: Apache-2.0
 *
 * Function and question words of twelve languages, as words_next() gives them: folded, Thai and Chinese ones
 * in pairs of characters. One list for all: a word that is empty in one language is empty in each, which
 * costs little because an empty word weighs less, not nothing.
 */
#include "embed/words.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by bytes. (clang-format and the eye differ on the width of some scripts.) */
/* clang-format off */
static const char *const stop_words[] = {
    "a", "aber", "about", "ai", "al", "ale", "als", "am", "an", "and", "any", "are", "as", "at",
    "au", "auch", "auf", "aus", "avut", "bao", "be", "been", "bei", "being", "bi", "bir", "bu",
    "but", "by", "cac", "cai", "can", "cand", "care", "cat", "cata", "cate", "cati", "catre", "ce",
    "cho", "cine", "co", "como", "con", "could", "cu", "cua", "cual", "cuales", "cuando", "cuanta",
    "cuantas", "cuanto", "cuantos", "cui", "cum", "da", "dan", "dar", "das", "dass", "de", "del",
    "dem", "den", "der", "des", "did", "die", "din", "do", "does", "donde", "dupa", "durch", "ein",
    "eine", "einem", "einen", "einer", "eines", "el", "en", "er", "era", "eran", "erau", "es",
    "este", "fi", "for", "fost", "from", "fue", "fueron", "fur", "get", "gi", "gore", "ha", "haben",
    "habia", "had", "han", "hangi", "hangisi", "has", "hat", "hatte", "hatten", "have", "he", "her",
    "his", "hoac", "how", "i", "icin", "idi", "if", "ii", "ile", "im", "in", "into", "is", "isi",
    "ist", "it", "its", "kac", "kadar", "khi", "kim", "kimdir", "kime", "kimin", "la", "las", "le",
    "les", "let", "like", "lo", "lor", "los", "lui", "mai", "many", "mas", "may", "me", "mi", "mit",
    "mot", "mu", "much", "my", "mı", "nach", "nao", "nasıl", "nay", "ne", "neden", "nedir",
    "nerede", "nereye", "nguoi", "nhieu", "nhu", "nhung", "nicht", "nicin", "no", "not", "nu", "o",
    "oder", "of", "olan", "olarak", "oldu", "on", "or", "our", "para", "pe", "pentru", "pero",
    "please", "por", "prin", "que", "quien", "quienes", "s", "sao", "sau", "se", "ser", "shall",
    "she", "should", "si", "sich", "sie", "sind", "so", "some", "son", "su", "such", "sunt", "sus",
    "t", "tai", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "to", "tren", "trong", "tu", "uber", "um", "un", "una", "unas", "und", "unde",
    "unos", "unter", "va", "var", "vardır", "ve", "vi", "viec", "viel", "viele", "vieles", "voi",
    "vom", "von", "wann", "war", "waren", "warum", "was", "we", "welche", "welchem", "welchen",
    "welcher", "welches", "wem", "wen", "wer", "werden", "were", "wessen", "what", "when", "where",
    "which", "who", "whom", "whose", "why", "wie", "will", "wird", "with", "wo", "wodurch", "wofur",
    "woran", "worin", "would", "wovon", "wurde", "wurden", "y", "you", "your", "zaman", "zu", "zum",
    "zur", "đa", "đau", "đe", "đo", "đuoc", "αλλα", "απο", "για", "γιατι", "δεν", "ειναι", "ειχε",
    "ενα", "ενασ", "εχει", "η", "ηταν", "θα", "και", "με", "μια", "να", "ο", "οι", "ποια", "ποιεσ",
    "ποιο", "ποιοι", "ποιον", "ποιοσ", "ποιουσ", "ποσα", "ποσεσ", "ποσο", "ποσοι", "ποσουσ", "ποτε",
    "που", "πωσ", "σε", "στα", "στη", "στην", "στισ", "στο", "στον", "τα", "την", "τησ", "τι",
    "τισ", "το", "τον", "του", "τουσ", "των", "а", "бы", "был", "была", "были", "было", "в", "во",
    "где", "для", "его", "ее", "есть", "же", "за", "и", "из", "или", "их", "к", "как", "какая",
    "какие", "каким", "какими", "каких", "какое", "какои", "каком", "какую", "когда", "кого",
    "кому", "кто", "куда", "на", "не", "но", "о", "об", "от", "по", "почему", "при", "с", "сколько",
    "со", "то", "у", "чеи", "чем", "что", "чья", "это", "أن", "أو", "أي", "أين", "إلى", "إن",
    "التي", "الذي", "الذين", "بين", "تم", "ذلك", "عدد", "على", "عن", "في", "قد", "كان", "كانت",
    "كم", "كيف", "لا", "لم", "لماذا", "ما", "ماذا", "متى", "مع", "من", "هذا", "هذه", "هل", "هو",
    "هي", "و", "इस", "उस", "एक", "और", "कब", "कहाँ", "कहां", "का", "कितना", "कितनी", "कितने",
    "किया", "किस", "किसके", "किसने", "किसे", "की", "के", "कैसे", "को", "कौन", "कौनसा", "क्या",
    "क्यों", "गई", "गया", "जो", "था", "थी", "थे", "द्वारा", "ने", "पर", "में", "यह", "या", "लिए",
    "वह", "से", "हुआ", "हुई", "है", "हैं", "กา", "กี", "ขอ", "คร", "คื", "งไ", "จา", "ด้", "ทำ",
    "ที", "ท่", "ป็", "มี", "มื", "ย่", "ร่", "ละ", "หน", "หร", "ห้", "อง", "อย", "อะ", "ะไ", "าก",
    "าง", "าร", "ำไ", "ี่", "ือ", "ื่", "เท", "เป", "เม", "แล", "ใค", "ใด", "ใน", "ให", "ได", "ไม",
    "ไร", "ไห", "็น", "่อ", "่า", "为什", "为何", "了什", "什么", "什麼", "何时", "何种", "几个", "哪一", "哪个", "哪些",
    "哪种", "哪里", "在哪", "多少", "如何", "怎么", "时候", "是什", "是哪", "是谁", "的是", "谁",
};
/* clang-format on */

static int by_text(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

bool word_is_stop(const struct word *w)
{
    return bsearch(w->at, stop_words, ARRAY_LEN(stop_words), sizeof(stop_words[0]), by_text) != NULL;
}
