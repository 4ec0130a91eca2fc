/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader on hostile bytes. Beyond not crashing: what json_scan takes cJSON must
 * take too (else json_parse would blame memory), a refusal must name a place, and what was
 * taken must survive being printed and read again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_place(const char *message)
{
    int line = 0, column = 0;

    must(sscanf(message, "%d:%d: ", &line, &column) == 2 && line >= 1 && column >= 1,
         "a refusal names a place");
}

static void check_round_trip(const cJSON *tree)
{
    char *printed = cJSON_PrintUnformatted(tree);
    cJSON *again;

    must(printed, "a tree prints");
    if (strlen(printed) <= JSON_BYTES_MAX) {
        must(json_parse(&again, printed, strlen(printed), NULL) == 0, "what was printed reads back");
        cJSON_Delete(again);
    }
    cJSON_free(printed);
}

/* Comments first, as the configuration does; newlines must stay where they are. */
static void check_comments(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    int line, column;
    cJSON *tree;

    must(text, "memory");
    memcpy(text, data, size);
    text[size] = '\0';
    json_strip_comments(text, size);
    for (size_t i = 0; i < size; i++)
        must((text[i] == '\n') == (data[i] == '\n'), "lines stay");
    if (json_parse(&tree, text, size, NULL) == 0)
        cJSON_Delete(tree);
    (void)json_locate(text, size, "a.b.0.c", size & 1, &line, &column);
    (void)json_locate(text, size, "0.a", false, &line, &column);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct err err = { "" };
    cJSON *tree;
    int rc = json_parse(&tree, text, size, &err);

    must(rc != -ENOMEM, "cJSON takes what the scan takes");
    if (rc)
        check_place(err.text);
    else
        check_round_trip(tree);
    cJSON_Delete(tree);
    check_comments(data, size);
    return 0;
}
