"""Posting to an address that somebody else has chosen, without being led astray by it.

A name is resolved once and the connection goes to the address that was checked, so a name that answers differently
the next time leads nowhere. Redirects are not followed, proxies of the environment not used, cookies not kept; time
and the size of what is read are bounded. Private, loopback, link-local and other special addresses are refused
unless the operator allows them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpcore
import msgspec

LONGEST = 2_000
"""Characters of an address."""
READ = 16 * 1024
"""Bytes of an answer that are read."""
TIMEOUT = 10.0
"""Seconds for all of it: the name, the connection, sending, the answer."""


class WrongAddress(Exception):
    """An address that nothing is sent to; the message is the reason, for people."""


class Unreachable(Exception):
    """There was no answer; the message is the reason, for people."""


class Answer(msgspec.Struct, frozen=True):
    """What the receiver said: the HTTP status and the beginning of the body."""

    status: int
    body: bytes


def checked_url(text: str, *, private: bool) -> str:
    """The address as it is stored. Raises WrongAddress.

    `private`: addresses of one's own network are allowed, and with them http. Names are judged when something is sent.
    """
    if not text or len(text) > LONGEST:
        reason = f"it is not an address of 1 to {LONGEST} characters"
        raise WrongAddress(reason)
    if not text.isascii() or not text.isprintable() or any(c in text for c in ' "<>\\^`{|}'):
        reason = "it contains characters that an address cannot have; write them percent-encoded"
        raise WrongAddress(reason)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        reason = "it is not an address"
        raise WrongAddress(reason) from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        reason = "it must begin with https://"
        raise WrongAddress(reason)
    if not host or port == 0:
        reason = "it names no host" if not host else "its port is not a port"
        raise WrongAddress(reason)
    if "@" in parts.netloc:
        reason = "it must not contain a user or a password"
        raise WrongAddress(reason)
    if parts.fragment:
        reason = "it must not contain a fragment (#)"
        raise WrongAddress(reason)
    if not private:
        _refuse_special(host)
    return text


def _refuse_special(host: str) -> None:
    """Refuse what can be refused without asking for the name."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        reason = "it names this machine"
        raise WrongAddress(reason)
    address = _address(name)
    if address is not None and not is_public(address):
        reason = f"{host} is not a public address"
        raise WrongAddress(reason)


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(host: str) -> _Address | None:
    """The address that a host is, also in the spellings that only the system reads (127.1, 0, 2130706433)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: _Address) -> bool:
    """False for what is not reached over the internet: private, loopback, link-local (metadata services), and so on.

    An IPv6 address that stands for an IPv4 address is judged as that.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is None and address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class _Guard(httpcore.AnyIOBackend):
    """Connects to addresses that were checked, and to nothing else."""

    def __init__(self, *, private: bool) -> None:
        super().__init__()
        self._private = private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first address of the host that answers. Raises WrongAddress when one of them is not allowed."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = f"no address was found for {host}"
            raise Unreachable(reason) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            if not self._private and not is_public(ipaddress.ip_address(address.partition("%")[0])):
                reason = f"{host} is {address}, which is not a public address"
                raise WrongAddress(reason)
        last: Exception = Unreachable(f"no address was found for {host}")
        for address in addresses:
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


class Poster:
    """Posts, each time over a connection of its own: nobody's address is trusted for longer than one answer."""

    def __init__(self, *, private: bool, most: int) -> None:
        self._private = private
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=_Guard(private=private), max_connections=most, max_keepalive_connections=0
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send, and read the beginning of the answer. Raises WrongAddress, Unreachable."""
        checked_url(url, private=self._private)
        given = [(b"Host", urlsplit(url).netloc.encode()), (b"Connection", b"close")]
        given += [(name.encode(), value.encode()) for name, value in headers.items()]
        given.append((b"Content-Length", b"%d" % len(body)))
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._pool.stream("POST", url, headers=given, content=body) as answer,
            ):
                return Answer(answer.status, await _beginning(answer))
        except TimeoutError as error:
            reason = f"no answer within {TIMEOUT:.0f} seconds"
            raise Unreachable(reason) from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(_reason(error)) from error


async def _beginning(answer: httpcore.Response) -> bytes:
    found = b""
    async for chunk in answer.aiter_stream():
        found += chunk
        if len(found) >= READ:
            break
    return found[:READ]


def _reason(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__
