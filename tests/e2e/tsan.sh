#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A short end-to-end run against the daemon built with ThreadSanitizer: chat, faults, signals, kills.
set -eu
BUILD=${BUILD:-build}/tsan TEST_TIMEOUT_SCALE=6 PARLEY_KILL_CYCLES=${PARLEY_KILL_CYCLES:-4} \
    exec tests/run.sh tests/e2e/http_test.py tests/e2e/signal_test.py tests/e2e/fault_test.py \
    tests/e2e/provider_fault_test.py tests/e2e/kill_test.py
