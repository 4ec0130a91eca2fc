# SPDX-License-Identifier: Apache-2.0
"""What systemd hears (Type=notify, WatchdogSec, ExecReload): sd_notify(3) on a socket of our own."""
import os
import socket
import tempfile

import net


class Ear:
    """Stands where systemd does."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(10 * net.SLOW)

    def until(self, line):
        heard = []
        while not heard or line not in heard[-1].split("\n"):
            heard.append(self.socket.recv(4096).decode())
        return heard

    def close(self):
        self.socket.close()
        self.dir.cleanup()


@net.case
def notify__ready_reloading_stopping():
    ear = Ear()
    with net.Daemon(env={"NOTIFY_SOCKET": ear.path}) as d:
        ear.until("READY=1")
        d.reload()
        said = dict(line.split("=", 1) for line in ear.until("RELOADING=1")[-1].split("\n") if line)
        assert int(said["MONOTONIC_USEC"]) > 0, said
        ear.until("READY=1")
        net.equal(d.term(), 0)
        ear.until("STOPPING=1")
    ear.close()


@net.case
def notify__a_refused_reload_is_ready_again():
    ear = Ear()
    with net.Daemon(env={"NOTIFY_SOCKET": ear.path}) as d:
        ear.until("READY=1")
        d.config.write_text("{ broken")
        d.reload()
        ear.until("RELOADING=1")
        ear.until("READY=1")
    ear.close()


@net.case
def notify__feeds_the_watchdog():
    ear = Ear()
    with net.Daemon(env={"NOTIFY_SOCKET": ear.path, "WATCHDOG_USEC": "200000"}) as d:
        ear.until("READY=1")
        for _ in range(3):
            ear.until("WATCHDOG=1")
        net.equal(d.term(), 0)
    ear.close()


net.main()
