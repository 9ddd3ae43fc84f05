"""A connection as uvicorn speaks HTTP, with a limit to what comes before a body, no other protocol, and a gentler end."""

import sys

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 64 * 1024  # bytes
LINGER = 0.5  # seconds


class Connection(HttpToolsProtocol):
    """Turns a request away whose head has no end: uvicorn would take all of it in, slower and slower.

    An offer to go on in another protocol (`Upgrade: h2c`, which Java's client makes) is ignored, as it may be.

    When the server stops, a request may have arrived that nobody has read yet: an idle connection stays open for a
    moment and answers one more.
    """

    _in_head, _size, _last = False, 0, False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._size = True, 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head = False
        if self._last and self.cycle:
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        in_head, left = self._in_head, memoryview(data)
        while left:
            self._fed, self._left = left, b""
            super().data_received(left)
            left = self._left
        if in_head and self._in_head:
            self._size += len(data)
            if self._size > HEAD:
                self.send_400_response("The request's headers are too large.")

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
