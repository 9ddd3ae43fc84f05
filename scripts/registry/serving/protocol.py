"""HTTP as uvicorn speaks it, with a limit to what comes before a body, and a gentler end."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 64 * 1024  # bytes
LINGER = 0.5  # seconds


class Protocol(HttpToolsProtocol):
    """Turns a request away whose head has no end: uvicorn would take all of it in, slower and slower.

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
        if self._last:
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        in_head = self._in_head
        super().data_received(data)
        if in_head and self._in_head:
            self._size += len(data)
            if self._size > HEAD:
                self.send_400_response("The request's headers are too large.")

    def shutdown(self) -> None:
        """End the connection once what is in flight has been answered."""
        if self.cycle and not self.cycle.response_complete:
            super().shutdown()
        else:
            self._last = True
            self.loop.call_later(LINGER, super().shutdown)
