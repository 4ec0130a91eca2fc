# SPDX-License-Identifier: Apache-2.0
"""HTTP as an end-to-end test needs it: a keep-alive client, server-sent events one by one, a raw socket.

Nothing is retried and nothing is repaired: a reset, a short body or a broken head is what the test
came to see, so it is raised. Each object belongs to one thread.
"""
import collections
import contextlib
import http.client
import json
import os
import re
import socket
import struct

SLOW = float(os.environ.get("TEST_TIMEOUT_SCALE", "1"))  # sanitizer and valgrind builds stretch every wait

class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


Event = collections.namedtuple("Event", "name data id")


class Client:
    """One keep-alive connection. A broken one raises, and the next call opens anew."""

    def __init__(self, host, port, timeout=30):
        self.conn = http.client.HTTPConnection(host, port, timeout=timeout * SLOW)

    def request(self, method, path, body=None, **headers):
        """Header names may be written as idempotency_key="..."; a dict or list as body becomes JSON."""
        reply = self._send(method, path, body, headers)
        with self._closing_on_error():
            return Response(reply.status, reply.headers, reply.read())

    def _send(self, method, path, body, headers):
        head = {k.replace("_", "-"): str(v) for k, v in headers.items()}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            if not any(k.lower() == "content-type" for k in head):
                head["Content-Type"] = "application/json"
        with self._closing_on_error():
            self.conn.request(method, path, body, head)
            return self.conn.getresponse()

    @contextlib.contextmanager
    def _closing_on_error(self):
        try:
            yield
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, path, **headers):
        return self.request("GET", path, None, **headers)

    def post(self, path, body, **headers):
        return self.request("POST", path, body, **headers)

    def ask(self, message, key=None, **more):
        """POST /api/v1/chat with an Idempotency-Key when one is given; `more` goes into the body."""
        return self.post("/api/v1/chat", {"message": message, **more}, **_key_header(key))

    def sse(self, path, body, method="POST", **headers):
        """Yields each Event as it comes, data parsed as JSON where it is JSON. A non-200 or non-SSE answer
        raises NotSSE. Leaving the generator early closes the connection."""
        headers.setdefault("accept", "text/event-stream")
        reply = self._send(method, path, body, headers)
        kind = reply.headers.get("Content-Type", "")
        if reply.status != 200 or not kind.startswith("text/event-stream"):
            raise NotSSE(Response(reply.status, reply.headers, reply.read()))
        done = False
        try:
            yield from _events(reply)
            done = True
        finally:
            if not done:
                self.close()

    def ask_sse(self, message, key=None, **more):
        return self.sse("/api/v1/chat", {"message": message, **more}, **_key_header(key))

    def close(self):
        self.conn.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _key_header(key):
    return {} if key is None else {"idempotency_key": key}


class NotSSE(AssertionError):
    def __init__(self, response):
        super().__init__(f"not an event stream: {response}")
        self.response = response


def _events(stream):
    """Events of a text/event-stream; one that the end of the stream cut off is not an event."""
    name, data, last_id = "message", [], None
    for raw in iter(stream.readline, b""):
        if not raw.endswith(b"\n"):
            return
        field, _, value = raw.decode("utf-8").rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            last_id = value
        elif field == "" and not value and not raw.startswith(b":"):
            if data:
                yield Event(name, _maybe_json("\n".join(data)), last_id)
            name, data = "message", []


def _maybe_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


class Raw:
    """A plain socket, for requests that no HTTP library would send."""

    def __init__(self, host, port, timeout=10):
        self.sock = socket.create_connection((host, port), timeout * SLOW)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def _fill(self):
        """False at the end; a reset counts as one."""
        try:
            more = self.sock.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += more
        return bool(more)

    def read_all(self):
        """Everything until the peer closes; TimeoutError when it does not."""
        while self._fill():
            pass
        out, self.buffer = self.buffer, b""
        return out

    def read_until(self, token):
        while token not in self.buffer:
            if not self._fill():
                raise EOFError(f"closed before {token!r}: {self.buffer[:300]!r}")
        head, _, self.buffer = self.buffer.partition(token)
        return head + token

    def read_exactly(self, n):
        while len(self.buffer) < n:
            if not self._fill():
                raise EOFError(f"closed after {len(self.buffer)} of {n} bytes")
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def response(self, to_head=False):
        """The next response on the connection, so that pipelined ones can be told apart."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        found = re.fullmatch(r"HTTP/1\.[01] (\d{3})( .*)?", lines[0])
        assert found, f"not a status line: {lines[0]!r}"
        headers = http.client.HTTPMessage()
        for line in filter(None, lines[1:]):
            name, _, value = line.partition(":")
            headers[name] = value.strip()
        status = int(found.group(1))
        bodyless = to_head or status in (204, 304) or status < 200
        return Response(status, headers, b"" if bodyless else self._body(headers))

    def _body(self, headers):
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        if "Content-Length" in headers:
            return self.read_exactly(int(headers["Content-Length"]))
        return self.read_all()

    def _chunks(self):
        out = b""
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            out += self.read_exactly(size)
            assert self.read_until(b"\r\n") == b"\r\n", "chunk longer than its size"
            if size == 0:
                return out

    def closed(self):
        """True when the peer closes within the socket's timeout. Unread bytes are an error."""
        try:
            rest = self.read_all()
        except TimeoutError:
            return False
        assert not rest, f"unread: {rest[:300]!r}"
        return True

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
