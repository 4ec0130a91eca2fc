/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration from hostile text. The first part of the input, up to a line "----", is parley.json; each
 * line after it is a variable when it begins with an upper-case letter, else a --set. What loads must print
 * as JSON that reads back; what does not must say why. Files named by "_file" keys are real: run it where
 * nothing worth reading lies about.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <parley/log.h>

#include "base/json.h"
#include "conf/config.h"

#define LINES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_print(const struct config *c)
{
    struct buf out = BUF_INIT(8U << 20);
    cJSON *root = NULL;

    config_print(c, &out);
    if (out.failed || json_parse(&root, out.at, out.len, NULL) != 0)
        abort();
    cJSON_Delete(root);
    buf_free(&out);
}

static void load(const char *path, char *lines)
{
    const char *env[LINES_MAX + 1] = { NULL }, *set[LINES_MAX];
    struct config_source src = { .path = path, .env = env, .set = set };
    struct config *c = NULL;
    struct err err = { "" };
    size_t n = 0;
    char *rest = lines, *line;

    while ((line = strsep(&rest, "\n")) != NULL && n + src.sets < LINES_MAX) {
        if (*line >= 'A' && *line <= 'Z')
            env[n++] = line;
        else if (*line)
            set[src.sets++] = line;
    }
    if (config_load(&c, &src, &err) == 0)
        check_print(c);
    else if (c || !err.text[0])
        abort();
    config_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char path[64], *cut;
    size_t head = size;
    int fd = memfd_create("parley.json", MFD_CLOEXEC);

    if (!text || fd < 0)
        abort();
    log_setup(LOG_OFF, LOG_TEXT);
    memcpy(text, data, size);
    text[size] = '\0';
    cut = memmem(text, size, "\n----\n", 6);
    if (cut)
        head = (size_t)(cut - text);
    if (write(fd, text, head) != (ssize_t)head)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    load(path, cut ? cut + 6 : text + size);
    close(fd);
    free(text);
    return 0;
}
