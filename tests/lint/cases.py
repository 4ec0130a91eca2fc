# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of the tools' own tests, each in a directory of its own."""
import sys
import tempfile
import traceback


class Skip(Exception):
    """Raised by a case that cannot run here."""


def run_cases(cases, bench):
    """Calls each with bench(directory). Returns an exit status; the last line is what tests/run.sh counts."""
    passed = failed = 0
    for fn in cases:
        try:
            with tempfile.TemporaryDirectory() as where:
                fn(bench(where))
        except Skip as e:
            print(f"skip {fn.__name__}: {e}")
        except Exception as e:
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print(f"FAIL {fn.__name__}: {e}")
        else:
            passed += 1
            print(f"ok {fn.__name__}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
