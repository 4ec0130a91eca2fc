/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of questions on hostile bytes: a meaning in bounds, the same each time, also for a text in
 * quotes and for each language a person may speak.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/semantic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const language[] = { "en", "de", "es", "fr", "it", "pt", "ru", "" };
    struct semantic one, other;
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof language / sizeof language[0]; i++) {
        bool some = semantic_read(&one, text, language[i]);
        must(some == semantic_read(&other, text, language[i]), "it answers alike twice");
        must(one.len < SEMANTIC_MEANING_MAX && strlen(one.meaning) == one.len, "the meaning is in bounds");
        must(some == (one.len > 0), "a meaning is not empty");
        must(strcmp(one.meaning, other.meaning) == 0, "the meaning is the same twice");
    }
    free(text);
    return 0;
}
