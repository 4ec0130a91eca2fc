/* SPDX-License-Identifier: Apache-2.0
 *
 * parley version: the version of this binary, as text or with --json as an object.
 */
#include <stdio.h>

#include "cli/cli.h"

int cmd_version(struct cli *cli)
{
    if (cli->json)
        printf("{\"name\":\"parley\",\"version\":\"%s\"}\n", PARLEY_VERSION);
    else
        printf("parley %s\n", PARLEY_VERSION);
    return 0;
}
