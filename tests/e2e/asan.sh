#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The end-to-end suite against the daemon built with AddressSanitizer and UBSan; fewer kills, because each
# start is slow there. Left out is what runs no daemon (the proofs of the stand-ins) and what says the same to
# a second stand-in.
set -eu
tests=$(ls tests/e2e/*_test.py | grep -v -e _rig_ -e /fake_ -e _spec_ -e _words_ -e net_self)
# shellcheck disable=SC2086  # one word a file
BUILD=${BUILD:-build}/asan TEST_TIMEOUT_SCALE=4 PARLEY_KILL_CYCLES=${PARLEY_KILL_CYCLES:-6} \
    exec tests/run.sh $tests
