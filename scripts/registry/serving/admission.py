"""Who may ask: requests that call this server by its name, that no other page makes, and that carry its token. Pure."""

import hmac
import ipaddress
from dataclasses import dataclass, replace

from registry.errors import refuse
from registry.protocols.refusals import RequestError, show

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
OPEN = "/v2/health/"

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Admission:
    """What keeps others out: a token, and the names that a request may call this server by; any, where there is none."""

    token: bytes | None = None
    names: frozenset[str] = frozenset()
    is_insecure: bool = False

    def at(self, address: str) -> "Admission":
        """Return what holds for a server that listens on an IP address.

        Only its own names reach one on loopback: a page that had its name changed to 127.0.0.1 still says its name. Raises
        RegistryError for one that other machines reach, and nothing keeps out.
        """
        where = ipaddress.ip_address(address)
        if where.is_loopback:
            return replace(self, names=self.names | LOCAL | {f"[{where}]" if where.version == 6 else str(where)})
        if not (self.token or self.is_insecure):
            advice = "add --token-file FILE, whose token clients then send, or --insecure to let anybody ask"
            raise refuse("--host", f"other machines reach {where}, and nothing keeps them out; {advice}")
        return self

    def refusal(self, path: str, headers: Headers) -> RequestError | None:
        """Return why a request is turned down, if it is. A token says more than where a page came from."""
        fields = dict(headers)
        hosts = [value for name, value in headers if name == b"host"]  # no browser leaves it out
        if self.names and not all(host_name(_text(host)) in self.names for host in hosts):
            return _misdirected(hosts, self.names)
        if self.token is None:
            return _page_of_another(fields.get(b"origin"), fields.get(b"host", b""))
        if path.startswith(OPEN) or self._is_known(fields.get(b"authorization", b"")):
            return None
        return RequestError(401, "this server wants its token; send the header Authorization: Bearer TOKEN")

    def _is_known(self, authorization: bytes) -> bool:
        scheme, _, given = authorization.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), self.token)


def host_name(host: str) -> str:
    """Return a Host header's name, without its port."""
    name = host.strip().lower()
    return name[: name.find("]") + 1] if name.startswith("[") else name.partition(":")[0].removesuffix(".")


def _misdirected(hosts: list[bytes], names: frozenset[str]) -> RequestError:
    given = ", ".join(map(_show, hosts))
    return RequestError(421, f"this server is not {given} but {', '.join(sorted(names))}; --allowed-host adds a name")


def _page_of_another(origin: bytes | None, host: bytes) -> RequestError | None:
    """Browsers alone send an origin. A page's own server is the one that it calls by the same name."""
    if origin is None or origin.lower() in (b"http://" + host.lower(), b"https://" + host.lower()):
        return None
    return RequestError(403, f"a page of {_show(origin)} may not ask here; a program may")


def _show(value: bytes) -> str:
    return show(_text(value))


def _text(value: bytes) -> str:
    return value.decode("latin-1")
