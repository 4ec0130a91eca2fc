#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The whole daemon under valgrind: reload, load, drain, and the shutdown of both servers, with 0 errors and
# 0 definite leaks at exit. (A second SIGTERM leaves at once and frees nothing: not run here.)
set -eu
command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 0; }
PARLEY_WRAP="valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
  --errors-for-leak-kinds=definite --suppressions=tests/support/valgrind.supp" \
TEST_TIMEOUT_SCALE=20 exec python3 tests/e2e/signal_test.py sighup sigterm__under sigterm__at
