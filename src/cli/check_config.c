/* SPDX-License-Identifier: Apache-2.0
 *
 * parley check-config: the effective configuration with secrets masked, or what is wrong with it.
 */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "conf/snapshot.h"

int cmd_check_config(struct cli *cli)
{
    struct snapshot *snap = NULL;
    struct err err = { "" };
    int rc = snapshot_load(&snap, &cli->source, &err);
    if (rc)
        return cli_fail(rc, "%s", err.text);
    struct buf out = BUF_INIT(1U << 20);
    config_print(snap->config, &out);
    puts(buf_text(&out));
    buf_free(&out);
    if (!cli->quiet)
        fprintf(stderr, "configuration ok; policies %s\n", policies_version(snap->policies));
    snapshot_unref(snap);
    return 0;
}
