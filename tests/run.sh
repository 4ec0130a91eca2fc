#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs test programs and counts what they say:  tests/run.sh [-j N] [-l LOGDIR] FILE...
#
# A line per file, then "N passed, N failed" as the very last line; exit status 1 when a test
# failed or none ran. Tests are counted from cmocka's lines, else from a last line "N passed, N failed",
# else the file is one test that its exit status decides; a last line "skipped: why" is no test.
# A crash, a timeout, or a cmocka program that ended before its last test is one failed test more,
# and shows the end of its log. Output of every file: LOGDIR/<name>.log (default $BUILD/test-logs).
#
# TEST_TIMEOUT=SECONDS replaces every limit of limit_s, TEST_TIMEOUT_SCALE=N multiplies them
# (valgrind, sanitizers). Needs timeout(1) and the xargs of findutils.
set -eu

LIMIT_S=120
TAIL_LINES=30

# The limit of one file, by its name as printed.
limit_s()
{
    if [ -n "${TEST_TIMEOUT:-}" ]; then
        echo "$TEST_TIMEOUT"
        return
    fi
    case $1 in
    e2e/*kill* | e2e/asan* | e2e/tsan* | e2e/valgrind*) limit=900 ;;
    e2e/* | fuzz/*) limit=300 ;;
    *) limit=$LIMIT_S ;;
    esac
    echo $((limit * ${TEST_TIMEOUT_SCALE:-1}))
}

# build/asan/tests/unit/base/arena_test -> asan/unit/base/arena_test. Two files need two names.
name_of()
{
    name=${1#"${BUILD:-build}/"}
    case $name in
    *tests/*) name=${name%%tests/*}${name#*tests/} ;;
    esac
    echo "$name"
}

# Reads a log, prints "passed failed how". cmocka writes OK to stdout and FAILED to stderr, which
# arrive in any order, and lists what failed a second time: so its own totals count where there are some.
count()
{
    awk '
        /^\[=+\].* Running [0-9]+ test/ { cmocka = 1; sub(/.* Running /, ""); all += $1; next }
        /^\[ +OK \] / { ok++ }
        /^\[  (FAILED|SKIPPED) +\] [0-9]+ test\(s\), listed below/ { listed[$2] += $4; next }
        /^\[  (FAILED|SKIPPED) +\] ./ { named[$2]++ }
        NF { last = $0 }
        function total(kind) { return (kind in listed ? listed[kind] : named[kind]) + 0 }
        END {
            split(last, w, " ")
            if (cmocka || ok || total("FAILED"))
                print ok + 0, total("FAILED"), total("FAILED") + total("SKIPPED") + ok < all ? "short" : "ok"
            else if (last ~ /^[0-9]+ passed, [0-9]+ failed$/)
                print w[1], w[3], "ok"
            else
                print 0, 0, last ~ /^skipped: / ? "skipped" : "silent"
        }' "$1"
}

# Runs one file into its log; exit status as timeout(1) has it. An interrupt takes the test along,
# which timeout(1) has put into a process group of its own.
start()
{
    case $1 in
    *.py) set -- "$1" python3 ;;
    *.sh) set -- "$1" sh ;;
    */*) set -- "$1" ;;
    *) set -- "./$1" ;;
    esac
    CMOCKA_MESSAGE_OUTPUT=stdout timeout -k 5 "$limit" ${2:+"$2"} "$1" >"$log" 2>&1 </dev/null &
    pid=$!
    trap 'kill "$pid" 2>/dev/null; exit 130' HUP INT TERM
    wait "$pid" 2>/dev/null
}

# Why the file failed beyond what it counted, from exit status and kind of log; may set passed.
judge()
{
    why=
    case $1:$2 in
    0:short) why="ended before its last test" ;;
    0:silent)
        if grep -q 'libcmocka\.so' "$file"; then why="ended without a result"; else passed=1; fi
        ;;
    0:*) return ;;
    12[67]:*) why="cannot be started" ;;
    124:* | 137:*)
        why="signal 9"
        [ "$1" -eq 137 ] || why="exit status 124"
        [ "$took_ms" -lt $((limit * 1000)) ] || why="timeout after $limit s"
        ;;
    129:* | 13?:* | 14?:* | 15?:* | 16[0-4]:*) why="signal $(($1 - 128))" ;;
    *) [ "$failed" -gt 0 ] || why="exit status $1" ;;
    esac
    [ -z "$why" ] || failed=$((failed + 1))
}

# One file: its line on stdout in one write, its numbers into $LOGDIR/<name>.count.
one()
{
    file=$1
    name=$(name_of "$file")
    log=$LOGDIR/$(echo "$name" | tr / _).log
    limit=$(limit_s "$name")
    began=$(date +%s%N)
    status=0
    start "$file" || status=$?
    took_ms=$((($(date +%s%N) - began) / 1000000))

    read -r passed failed how <<-END
	$(count "$log")
	END
    judge "$status" "$how"
    echo "$passed $failed" >"${log%.log}.count"
    report
}

report()
{
    state="$passed passed"
    [ "$how" != skipped ] || state=$(grep . "$log" | tail -n 1)
    [ "$failed" -eq 0 ] || state="$state, $failed FAILED"
    took=$(printf '%d.%02d s' $((took_ms / 1000)) $((took_ms % 1000 / 10)))
    text=$(printf '%-44s %s%s  %s' "$name" "$state" "${why:+ ($why)}" "$took")
    if [ "$failed" -gt 0 ]; then
        text="$text
$(tail -n "$TAIL_LINES" "$log" | sed 's/^/    | /')
    whole log: $log"
    fi
    printf '%s\n' "$text"
}

if [ "${1:-}" = --one ]; then # what xargs calls
    one "$2"
    exit 0
fi

JOBS=1
LOGDIR=${TEST_LOG_DIR:-${BUILD:-build}/test-logs}
while getopts j:l: option; do
    case $option in
    j) JOBS=$OPTARG ;;
    l) LOGDIR=$OPTARG ;;
    *) exit 64 ;;
    esac
done
shift $((OPTIND - 1))
export LOGDIR
mkdir -p "$LOGDIR"
rm -f "$LOGDIR"/*.count "$LOGDIR"/*.log

[ $# -eq 0 ] || printf '%s\0' "$@" | xargs -0 -n 1 -P "$JOBS" "$0" --one || true
find "$LOGDIR" -name '*.count' -exec cat {} + | awk -v files=$# '
    { passed += $1; failed += $2 }
    END {
        if (NR < files) {
            printf "%d files left no result of their own\n", files - NR
            failed += files - NR
        }
        printf "%d passed, %d failed\n", passed, failed
        exit !(passed > 0 && failed == 0)
    }'
