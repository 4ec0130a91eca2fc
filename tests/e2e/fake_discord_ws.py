# SPDX-License-Identifier: Apache-2.0
"""The connections of fake_discord.py: a thread for each that reads, HTTP/1.1 with bodies of a known length,
and websockets by RFC 6455. What is written to a websocket goes by a second thread, so that nobody waits for
a peer that does not read. No extensions; zlib-stream, where it was asked for, is Discord's own.
"""
import base64
import contextlib
import hashlib
import http.client
import io
import os
import queue
import select
import socket
import socketserver
import struct
import sys
import threading
import time
import urllib.parse
import zlib

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
HEAD_MAX, BODY_MAX, MESSAGE_MAX = 64 << 10, 26 << 20, 1 << 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CLOSE_S = 2  # how long a peer may take to answer a close


class Gone(Exception):
    """The peer has left, or is cut off."""


class Broken(Exception):
    """A peer that does not keep to RFC 6455: the code to close with, and why."""


class Peer:
    """A connection: what has come of it, and how it ends."""

    def __init__(self, sock):
        self.sock, self.buffer, self.is_cut = sock, b"", False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fill(self, tick=None):
        """More bytes. Calls `tick`, where there is one, a few times a second while nothing comes."""
        try:
            while tick and not self._is_readable():
                tick()
            more = self.sock.recv(65536)
        except OSError:
            more = b""
        if not more or self.is_cut:  # after SHUT_RD a read may still bring what came late
            raise Gone
        self.buffer += more

    def _is_readable(self):
        poll = select.poll()  # select() would end at 1,024 descriptors
        poll.register(self.sock, select.POLLIN)
        return poll.poll(50)

    def until(self, token, longest):
        while token not in self.buffer:
            if len(self.buffer) > longest:
                raise Gone
            self.fill()
        head, _, self.buffer = self.buffer.partition(token)
        return head + token

    def exactly(self, n, tick=None):
        while len(self.buffer) < n:
            self.fill(tick)
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def cut(self):
        """RST, and no FIN before it. By any thread: who reads it sees an end."""
        self.is_cut = True
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.shutdown(socket.SHUT_RD)  # wakes the reader, which closes

    def end(self):
        with contextlib.suppress(OSError):
            if not self.is_cut:
                self.sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            os.close(self.sock.detach())


class Request:
    """A request as it came; `at` is Unix time in ms."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.at, self.began = int(time.time() * 1000), time.monotonic()
        self.url = urllib.parse.urlsplit(target)
        self.query = dict(urllib.parse.parse_qsl(self.url.query))

    def wants_websocket(self):
        return "websocket" in self.headers.get("Upgrade", "").lower()


def read_request(peer):
    head = peer.until(b"\r\n\r\n", HEAD_MAX)
    first, _, rest = head.partition(b"\r\n")
    try:
        method, target, _ = first.decode("ascii").split(" ")
        headers = http.client.parse_headers(io.BytesIO(rest))
        length = int(headers.get("Content-Length") or 0)
    except (ValueError, http.client.HTTPException):
        raise Gone from None
    if headers.get("Expect", "").lower() == "100-continue":
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    if length > BODY_MAX:
        raise Gone
    return Request(method, target, headers, peer.exactly(length))


def answer(peer, status, body, headers=None, cut_at=None):
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Unknown')}"]
    if status != 204:
        headers = {"Content-Type": "application/json", **(headers or {}), "Content-Length": len(body)}
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    peer.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body[:cut_at])


class Server(socketserver.ThreadingTCPServer):
    """Hands every connection to `owner.serve(peer, port)`."""
    daemon_threads, block_on_close, allow_reuse_address, request_queue_size = True, False, True, 128

    def __init__(self, owner, port):
        self.owner = owner
        super().__init__(("127.0.0.1", port), None)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def finish_request(self, request, client_address):
        peer = Peer(request)
        try:
            self.owner.serve(peer, self.port)
        except Gone:
            pass
        finally:
            peer.end()

    def shutdown_request(self, request):
        """Done by finish_request."""

    def handle_error(self, request, client_address):
        """A fault of ours fails the test."""
        self.owner.violations.append(f"the stand-in itself: {sys.exc_info()[1]!r}")
        super().handle_error(request, client_address)

    def down(self):
        self.shutdown()
        self.server_close()


# ---- websockets ----------------------------------------------------------------------------------------


def handshake(request):
    """(what is wrong or None, the answer's bytes)"""
    h = request.headers
    key = h.get("Sec-WebSocket-Key", "")
    with contextlib.suppress(ValueError):
        if request.method == "GET" and "upgrade" in h.get("Connection", "").lower() and h.get("Host") and \
                h.get("Sec-WebSocket-Version") == "13" and len(base64.b64decode(key, validate=True)) == 16:
            proof = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
            lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                     f"Sec-WebSocket-Accept: {proof}", "", ""]
            return None, "\r\n".join(lines).encode()
    return "a handshake that is none", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


def frame(opcode, payload, fin=True, rsv=0):
    """A frame of a server: not masked."""
    first = bytes([fin << 7 | rsv << 4 | opcode])
    n = len(payload)
    if n < 126:
        return first + bytes([n]) + payload
    if n < 65536:
        return first + b"\x7e" + struct.pack(">H", n) + payload
    return first + b"\x7f" + struct.pack(">Q", n) + payload


def _unmask(data, mask):
    n = len(data)
    pad = (mask * (n // 4 + 1))[:n]
    return (int.from_bytes(data, "little") ^ int.from_bytes(pad, "little")).to_bytes(n, "little")


class Socket:
    """The server's end of a websocket that is open. `run` reads until it is over; the rest is for any
    thread. It calls got_text(bytes), tick() and closed(code, by) of `owner`, the last exactly once."""

    def __init__(self, peer, owner, deflate=False):
        self.peer, self.owner = peer, owner
        self.z = zlib.compressobj() if deflate else None
        self.closing = None  # the code that we have closed with, and when
        self.is_deaf = False
        self._out = queue.SimpleQueue()
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def _write(self):
        while (data := self._out.get()) is not None:
            if self.is_deaf:
                continue
            try:
                self.peer.send(data)
            except Gone:
                break

    # ---- out

    def bytes(self, data):
        """Any bytes at all."""
        self._out.put(data)

    def text(self, text):
        """A message, deflated where that was asked for."""
        data = text.encode("utf-8", "surrogatepass")
        if self.z:
            self.bytes(frame(BINARY, self.z.compress(data) + self.z.flush(zlib.Z_SYNC_FLUSH)))
        else:
            self.bytes(frame(TEXT, data))

    def pieces(self, text, size):
        """A message in fragments, whose borders are none of its characters'."""
        data = text.encode()
        parts = [data[i:i + size] for i in range(0, len(data), size)]
        for i, part in enumerate(parts):
            self.bytes(frame(0 if i else TEXT, part, fin=i == len(parts) - 1))

    def close(self, code, reason=""):
        if not self.closing:
            self.closing = code, time.monotonic()
            self.bytes(frame(CLOSE, struct.pack(">H", code) + reason.encode()))

    def terminate(self, reset=False):
        """Ends without a close frame."""
        self.closing = self.closing or (1006, 0)
        if reset:
            self.peer.cut()
        else:
            with contextlib.suppress(OSError):
                self.peer.sock.shutdown(socket.SHUT_RDWR)

    def deaf(self):
        """From now on nothing is read and nothing written, and the connection stays."""
        self.is_deaf = True

    # ---- in

    def run(self):
        code, by = 1006, "client"
        try:
            code = self._read()
        except Gone:
            pass
        except Broken as e:
            self.close(e.args[0], e.args[1])
            with contextlib.suppress(Gone):  # unread bytes would turn the close into a reset
                while True:
                    self.peer.fill(self._tick)
        if self.closing:
            code, by = self.closing[0], "server"
        self._out.put(None)
        self._ended.set()
        self._writer.join(CLOSE_S)
        self.owner.closed(code, by)

    def _read(self):
        """The code of the peer's close frame (1005: it holds none)."""
        whole, kind = b"", None
        while True:
            fin, opcode, payload = self._frame()
            self._tick()
            if opcode == CLOSE:
                return self._close_of(payload)
            if opcode == PING:
                self.bytes(frame(PONG, payload))
            if opcode >= CLOSE:
                continue
            if (kind is None) != (opcode != 0):
                raise Broken(1002, "a fragment out of place")
            kind, whole = kind or opcode, whole + payload
            if len(whole) > MESSAGE_MAX:
                raise Broken(1009, "too long")
            if fin:
                if not self.closing:
                    self._message(kind, whole)
                whole, kind = b"", None

    def _message(self, kind, data):
        if kind != TEXT:
            raise Broken(1003, "binary")
        self.owner.got_text(data)

    def _close_of(self, payload):
        if len(payload) == 1:
            raise Broken(1002, "a close of one byte")
        code = struct.unpack(">H", payload[:2])[0] if payload else 1005
        if not self.closing:
            self.bytes(frame(CLOSE, payload[:2]))
        return code

    def _frame(self):
        first, second = self.peer.exactly(2, self._tick)
        opcode, n = first & 15, second & 127
        if first & 0x70 or opcode not in (0, TEXT, BINARY, CLOSE, PING, PONG):
            raise Broken(1002, "reserved bits")
        if not second & 128:
            raise Broken(1002, "a frame without a mask")
        if opcode >= CLOSE and (n > 125 or not first & 128):
            raise Broken(1002, "a control frame that is too long or in pieces")
        if n > 125:
            n = int.from_bytes(self.peer.exactly(2 if n == 126 else 8, self._tick), "big")
        if n > MESSAGE_MAX:
            raise Broken(1009, "too long")
        mask = self.peer.exactly(4, self._tick)
        return bool(first & 128), opcode, _unmask(self.peer.exactly(n, self._tick), mask)

    def _tick(self):
        while self.is_deaf and not self.closing:
            time.sleep(0.02)
        if self.closing and time.monotonic() > self.closing[1] + CLOSE_S:
            raise Gone
        self.owner.tick()
