# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Telegram adapter share: a daemon beside a stand-in, and waiting for what is said."""
import contextlib

import net
import telegram

QUESTION = "How do I stake ETH?"
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "tiers.default": "ENTERPRISE",
        "telegram.poll_s": 2}


def daemon(tg, fake=None, **more):
    d = net.Daemon(sets={**SETS, **more}, env=tg.env(), fake=fake)
    net.equal(d.run("index", "data/knowledge")[0], 0)
    return d


@contextlib.contextmanager
def talking(fake=None, **more):
    """A stand-in and a daemon that has found it; nothing may have been complained of at the end."""
    with telegram.start() as tg, daemon(tg, fake, **more) as d:
        d.wait_log("telegram.up")
        yield tg, d
        net.equal(tg.violations(), [])


def answers(tg, chat, count=1, timeout=15):
    """What the bot has said there, when it is so much."""
    return tg.wait(chat, count, timeout)


def flows(tg, d, user, timeout=40):
    tg.say(user, QUESTION)
    answers(tg, user, timeout=timeout)
