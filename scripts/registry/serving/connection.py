"""A connection as uvicorn speaks HTTP, with limits of size and time, no other protocol, and a gentler end."""

import asyncio
import json
import socket
import struct
import sys

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from registry.serving import crowd

HEAD = 64 * 1024  # bytes
LINGER = 0.5  # seconds

ALL = crowd.Crowd()  # of this process


class Connection(HttpToolsProtocol):
    """Turns a request away whose head has no end: uvicorn would take all of it in, slower and slower.

    An offer to go on in another protocol (`Upgrade: h2c`, which Java's client makes) is ignored, as it may be.

    When the server stops, a request may have arrived that nobody has read yet: an idle connection stays open for a
    moment and answers one more.
    """

    _in_head, _in_body, _size, _last, _has_place = False, False, 0, False, True
    _answers = 0
    _since = 0.0  # when the head, or the body, began; before that the connection

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._since = self.loop.time()
        self._has_place = ALL.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        ALL.leave(self)
        super().connection_lost(exc)
        if self.cycle:
            self.cycle.body = bytearray()  # or it would lie there until garbage is collected

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._size, self._since = True, 0, self.loop.time()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head, self._in_body, self._size, self._since = False, True, 0, self.loop.time()
        if self._last and self.cycle:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answers += 1
        self._settle(False)

    def data_received(self, data: bytes) -> None:
        if not self._has_place:
            self.give_up(503, "too many connections; send this again")
            return
        in_head, left = self._in_head, memoryview(data)
        while left:
            self._fed, self._left = left, b""
            super().data_received(left)
            left = self._left
        if in_head and self._in_head:
            self._size += len(data)
            if self._size > HEAD:
                self.send_400_response("The request's headers are too large.")
        self._settle(self._in_body)

    def _settle(self, moved: bool) -> None:
        """Tell whether this connection waits for its client, has something to answer, or rests."""
        if self.transport.is_closing() or self._is_answering():
            ALL.busy(self)
        elif self._in_head or self._in_body:
            ALL.expect(self, moved)
        else:
            ALL.rest(self, self._answers)

    def _is_answering(self) -> bool:
        """Whether a whole request waits for its answer."""
        return bool(self.pipeline) if self._in_body else self.cycle is not None and not self.cycle.response_complete

    def overdue(self, now: float) -> str:
        """Return why the client took too long over a request, "" when it did not."""
        waited = now - self._since
        if self._in_body:
            return "the body came too slowly" if waited > crowd.BODY + self._size / crowd.PACE else ""
        return "the headers came too slowly" if waited > crowd.HEAD else ""

    def held(self) -> int:
        """Return how many bytes lie here that the client doesn't read, or doesn't send the rest of."""
        if self.transport.is_closing() or self._is_answering():
            return self.transport.get_write_buffer_size()
        arrived = len(self.cycle.body) if self._in_body else self._size if self._in_head else 0
        return arrived + self.transport.get_write_buffer_size()

    def give_up(self, status: int, text: str) -> None:
        """Answer in place of the application, unless it has begun to, and close."""
        is_asked = self._in_head or self._in_body or status != 408
        if is_asked and not (self._in_body and self.cycle.response_started):
            body = json.dumps({"error": text}).encode()
            again = b"retry-after: 1\r\n" if status == 503 else b""
            fields = b"content-type: application/json\r\nconnection: close\r\n%scontent-length: %d\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + fields % (again, len(body)) + body)
        if self.cycle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.close()

    def close(self) -> None:
        """Close the connection once all is written."""
        self.transport.close()

    def abort(self) -> None:
        """Close the connection at once; what the machine has taken of the answer is let go too."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _should_upgrade(self) -> bool:
        return self.parser.get_method() != b"CONNECT"

    def handle_websocket_upgrade(self) -> None:
        """Take the request as if it had offered nothing: with an offer, the parser stops before the body."""
        (end,) = sys.exception().args
        self._left = self._fed[end:]
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        fields = [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join([line, *fields, b"", b""]))

    def shutdown(self) -> None:
        """End the connection once what is in flight has been answered."""
        if self.cycle and not self.cycle.response_complete:
            super().shutdown()
        else:
            self._last = True
            self.loop.call_later(LINGER, super().shutdown)
