#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The end-to-end suite against the daemon built with AddressSanitizer and UBSan; fewer kills, because each
# start is slow there.
set -eu
BUILD=${BUILD:-build}/asan TEST_TIMEOUT_SCALE=4 PARLEY_KILL_CYCLES=${PARLEY_KILL_CYCLES:-6} \
    exec tests/run.sh tests/e2e/*_test.py
