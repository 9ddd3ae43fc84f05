"""`serve` takes packed bodies, as TensorFlow Serving does, and not what only looks like one."""

import gzip
import json
import zlib

import pytest
import requests
from asking import MIB, ROW

BODY = json.dumps({"instances": [ROW]}).encode()
ANSWER = {"predictions": [[[3.0, 6.0, 9.0], [12.0, 15.0, 18.0]]]}
PACKED = gzip.compress(BODY)
UNPACKING = "the body can't be unpacked as gzip:"


def post(server, encoding: str, body: bytes) -> requests.Response:
    address = f"{server.url}/v1/models/digits:predict"
    return requests.post(address, data=body, headers={"content-encoding": encoding}, timeout=60)


PACKINGS = {
    "gzip": ("gzip", PACKED),
    "in capitals": ("GZIP", PACKED),
    "by its old name": ("x-gzip", PACKED),
    "and nothing else": ("gzip, identity", PACKED),
    "deflate": ("deflate", zlib.compress(BODY)),
    "none": ("Identity", BODY),
    "empty": ("", BODY),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_body_is_unpacked(server, packing):
    response = post(server, *PACKINGS[packing])
    assert (response.status_code, response.json()) == (200, ANSWER)
    assert "content-encoding" not in response.headers


TAKEN = "is not taken here; send gzip, deflate or none"
BAD = {
    "cut short": ("gzip", PACKED[:-1], 400, f"{UNPACKING} it ends in the middle"),
    "nothing": ("gzip", b"", 400, f"{UNPACKING} it ends in the middle"),
    "with something behind": ("gzip", PACKED + b"\0", 400, f"{UNPACKING} it goes on after its end"),
    "two": ("gzip", PACKED + PACKED, 400, f"{UNPACKING} it goes on after its end"),
    "not packed": ("gzip", BODY, 400, f"{UNPACKING} incorrect header check"),
    "damaged": ("gzip", PACKED[:-8] + bytes(8), 400, f"{UNPACKING} incorrect data check"),
    "packed otherwise": ("deflate", PACKED, 400, "the body can't be unpacked as deflate: incorrect header check"),
    "bad JSON": ("gzip", gzip.compress(b"["), 400, "JSON Parse error: unexpected end of data: line 1 column 2 (char 1)"),
    "unknown": ("br", BODY, 415, f'content-encoding "br" {TAKEN}'),
    "twice": ("gzip, gzip", gzip.compress(PACKED), 415, f'content-encoding "gzip, gzip" {TAKEN}'),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_what_can_not_be_unpacked(server, fault):
    encoding, body, status, error = BAD[fault]
    response = post(server, encoding, body)
    assert (response.status_code, response.json()) == (status, {"error": error})


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_small_body_that_is_huge_when_unpacked(server, encoding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding]
    response = post(server, encoding, pack(b" " * 256 * MIB, 1))
    error = "the body is larger than 32 MiB when unpacked; send fewer rows at once"
    assert (response.status_code, response.json()) == (413, {"error": error})
