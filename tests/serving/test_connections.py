"""`serve` and connections: offers of other protocols, heads without end, pipelines, slow clients, many at once."""

import json
import re
import resource
import socket
from contextlib import ExitStack

import pytest
import requests
from asking import MIB, ROW
from servers import Server, address, factor, fixture, place, serving

DOUBLE = fixture("double")


BODY = json.dumps({"instances": [ROW]}).encode()
JAVA = b"connection: Upgrade, HTTP2-Settings\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nupgrade: h2c\r\n"
OFFERS = {
    "as Java's HttpClient": JAVA,
    "in capitals": JAVA.replace(b"upgrade", b"UPGRADE"),
    "a web socket": b"connection: keep-alive, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n",
    "several": b"connection: upgrade\r\nupgrade: TLS/1.0, h2c\r\n",
}


def post(fields: bytes = b"", body: bytes = BODY) -> bytes:
    path = b"/v1/models/digits/versions/1000000:predict"
    return b"POST %s HTTP/1.1\r\nhost: localhost\r\n%scontent-length: %d\r\n\r\n%s" % (path, fields, len(body), body)


def statuses(server: Server, *pieces: bytes) -> list[bytes]:
    """Send bytes over one connection, each piece once the server waits for more; return the statuses of the answers."""
    with socket.create_connection(address(server)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    return re.findall(rb"HTTP/1.1 (\d+)", answers)


LAST = post(b"connection: close\r\n")


@pytest.mark.parametrize("offer", OFFERS)
def test_an_offer_to_go_on_in_another_protocol_is_ignored(server, offer):
    fields = OFFERS[offer]
    chunked = post(fields + b"transfer-encoding: chunked\r\n", b"").replace(b"content-length: 0\r\n", b"")
    chunked += b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    get = b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n" + fields + b"\r\n"
    large = post(fields, json.dumps({"instances": [ROW] * 5000}).encode())
    assert statuses(server, post(fields) + chunked + get + post(), large, post(fields) + LAST) == [b"200"] * 7


def test_an_offer_in_pieces_is_ignored(server):
    assert statuses(server, *[bytes([byte]) for byte in post(JAVA)], LAST) == [b"200", b"200"]


def test_many_offers_at_once_are_ignored(server):
    assert statuses(server, post(JAVA) * 500 + LAST) == [b"200"] * 501


def test_a_tunnel_is_refused(server):
    """`CONNECT` is no offer, but what follows it would be another protocol's."""
    connect = b"CONNECT x:443 HTTP/1.1\r\nhost: localhost:443\r\n\r\n"
    assert statuses(server, connect) != [b"200"]
    assert server.get("/v2/health/live").status_code == 200


def test_a_head_without_end(server):
    with socket.create_connection(address(server)) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nhost: localhost\r\nx: ")
        with pytest.raises(OSError):
            for _ in range(100):
                connection.sendall(b"x" * MIB)
    assert server.get("/v2/health/live").status_code == 200


def test_a_large_head_after_a_large_body_on_one_connection(server):
    with requests.Session() as session:
        for _ in range(2):
            headers = {"x": "x" * 50_000}
            answer = session.post(
                f"{server.url}/v1/models/digits:predict", json={"instances": [ROW] * 50_000}, headers=headers
            )
            assert len(answer.json()["predictions"]) == 50_000


def test_requests_one_after_the_other_without_waiting(server):
    assert statuses(server, post() + post(body=b"{") + LAST) == [b"200", b"400", b"200"]


def test_more_connections_than_are_allowed_unless_asked_for(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        with serving(root) as server, ExitStack() as connections:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for _ in range(200):
                connections.enter_context(socket.create_connection(address(server)))
            assert factor(server) == 2.0
            assert "Traceback" not in server.said
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_slow_client_does_not_hold_others_up(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        slow = [socket.create_connection(address(server)) for _ in range(50)]
        for connection in slow:
            connection.sendall(
                b"POST /v1/models/digits:predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{"
            )
        assert factor(server) == 2.0
        [connection.close() for connection in slow]
        assert factor(server) == 2.0
        assert "Traceback" not in server.said
