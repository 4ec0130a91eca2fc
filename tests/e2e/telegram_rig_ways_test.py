# SPDX-License-Identifier: Apache-2.0
"""telegram_ways_test.py once more, against the simulator of the rig; skipped where that or node is
missing."""
import telegram

telegram.start = telegram.simulator

import telegram_ways_test  # noqa: E402,F401  its cases run as it is imported
