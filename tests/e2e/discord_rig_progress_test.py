# SPDX-License-Identifier: Apache-2.0
"""discord_progress_test.py once more, against the simulator of the rig; skipped where that or node is
missing."""
import discord

discord.start = discord.simulator

import discord_progress_test  # noqa: E402,F401  its cases run as it is imported
