# SPDX-License-Identifier: Apache-2.0
"""The HTTP of fake_telegram.py: a thread per connection, and connections that break as a test asks for."""
import contextlib
import http.server
import json
import os
import re
import select
import socket
import struct
import sys
import time


class Call:
    """A call as it came: `status` is None while it waits and stays so when it was never answered."""

    def __init__(self, method, args, connection):
        self.method, self.args, self.connection = method, args, connection
        self.began, self.ended, self.status, self.fault = time.monotonic(), None, None, None
        self.waited = False  # a poll that found nothing at first

    def __repr__(self):
        return f"{self.method} {self.args} -> {self.status}"


class Gone(Exception):
    """The peer left while it waited."""


def peer_left(connection):
    """Has the peer closed, or said something out of turn?"""
    try:
        return bool(select.select([connection], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _reset(connection):
    """RST, and no FIN before it. By the thread that reads it: closing does not wake a reader."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def handle_error(self, request, client_address):
        """A connection that broke is what the test wanted; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, owner = "HTTP/1.1", None
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        with self.owner.news:
            self.owner.connections.add(self.connection)

    def finish(self):
        with self.owner.news:
            self.owner.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", self.path)
        if not found:
            return self._say(404, b'{"ok":false,"error_code":404,"description":"Not Found"}', {})
        call = Call(found.group(2), self._args(body), self.connection)
        with self.owner.news:
            self.owner.calls.append(call)
            try:
                status, answer, headers, then = self.owner.answer(call, found.group(1))
            except Gone:
                self.close_connection = True
                return None
        self._end(call, status, answer, headers, then)
        with self.owner.news:
            call.status, call.ended = status or None, time.monotonic()
            self.owner.news.notify_all()
        if then == "half-open":
            self._deaf()
        return None

    def _args(self, body):
        try:
            args = json.loads(body) if body else {}
        except ValueError:
            args = None
        if isinstance(args, dict):
            return args
        self.owner.violations.append(f"the body of {self.path.rpartition('/')[2]} is no JSON object")
        return {}

    def _end(self, call, status, answer, headers, then):
        if then == "hang":
            return self._deaf()
        if then in ("reset", "after"):
            self.close_connection = True
            return _reset(self.connection)
        self._say(status, answer, headers, len(answer) // 2 if then == "cut" else len(answer))
        if then == "cut":
            self.close_connection = True
            _reset(self.connection)
        return None

    def _say(self, status, answer, headers, length=None):
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": len(answer), **headers}
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(answer[:length])
        self.wfile.flush()

    def _deaf(self):
        """Open, and neither read nor written, until the test is over."""
        self.close_connection = True
        with self.owner.news:
            epoch = self.owner.epoch
            self.owner.news.wait_for(lambda: self.owner.epoch != epoch)
