#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
BUILD=${BUILD:-build}/asan exec sh tests/fuzz/replay.sh
