#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Replays every committed corpus, and every input that once broke something, through its fuzz target.
# Any compiler; with BUILD=build/asan under the sanitizers. Coverage-guided runs: CONTRIBUTING.md.
set -eu
build=${BUILD:-build} passed=0 failed=0
for source in tests/fuzz/*_fuzz.c; do
    name=$(basename "$source" _fuzz.c)
    set -- "tests/fuzz/corpus/$name"
    [ ! -d "tests/fuzz/regression/$name" ] || set -- "$@" "tests/fuzz/regression/$name"
    if said=$("$build/tests/fuzz/${name}_fuzz" "$@" 2>&1); then
        echo "ok $name: $(echo "$said" | tail -n 1)"
        passed=$((passed + 1))
    else
        echo "FAIL $name: $said"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
