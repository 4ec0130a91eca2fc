# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Discord adapter share: a daemon beside a stand-in."""
import contextlib

import discord
import net

QUESTION = "How do I stake ETH?"
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "tiers.default": "ENTERPRISE"}
WIDE = {discord.CREATE: [1000, 1000], discord.ORIGINAL: [1000, 1000], discord.FOLLOWUP: [1000, 1000]}


def daemon(dc, fake=None, **more):
    d = net.Daemon(sets={**SETS, **more}, env=dc.env(), fake=fake)
    net.equal(d.run("index", "data/knowledge")[0], 0)
    return d


@contextlib.contextmanager
def talking(fake=None, **more):
    """A stand-in and a daemon that is connected; nothing may have been complained of at the end."""
    with discord.start() as dc, daemon(dc, fake, **more) as d:
        dc.wait_ready()
        yield dc, d
        net.equal(dc.violations(), [])


def reply_to(dc, message, channel=None, timeout=20):
    """The bot's reply to a message."""
    def there():
        return [m for m in dc.sent(channel) if m.get("reply_to") == message]
    return net.wait_until(f"a reply to {message}", there, timeout)[0]


def flows(dc, user, timeout=40):
    return reply_to(dc, dc.say(user, QUESTION, mention=True), timeout=timeout)
