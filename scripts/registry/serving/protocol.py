"""HTTP as uvicorn speaks it, with a limit to what comes before a body."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 64 * 1024  # bytes


class Protocol(HttpToolsProtocol):
    """Turns a request away whose head has no end: uvicorn would take all of it in, slower and slower."""

    _in_head, _size = False, 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._size = True, 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head = False

    def data_received(self, data: bytes) -> None:
        in_head = self._in_head
        super().data_received(data)
        if in_head and self._in_head:
            self._size += len(data)
            if self._size > HEAD:
                self.send_400_response("The request's headers are too large.")
