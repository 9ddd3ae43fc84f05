"""How a request is turned down."""

import orjson


class RequestError(Exception):
    """A request that gets no prediction: the HTTP status, and one line that says what was expected."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)  # which is how it comes out of another process
        self.status = status
        self.text = text


def bad_request(text: str) -> RequestError:
    """Return the error for a request that the client must write differently: status 400."""
    return RequestError(400, text)


def show(value: object) -> str:
    """Return a JSON value for an error line, shortened."""
    if type(value) in (list, dict):
        return "a list" if type(value) is list else "an object"
    text = orjson.dumps(value).decode() if value == value else "NaN"
    return text if len(text) <= 60 else f"{text[:59]}…"
