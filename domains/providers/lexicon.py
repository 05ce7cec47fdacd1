"""Providers that `dns-lexicon` knows: it signs in, finds the zone and talks HTTP; what is said is decided here, since
lexicon's own verbs lose a record's priority and TTL.

lexicon's `Client` is not used: it would look a list of suffixes up on the Internet. The zone is known here.
"""

from __future__ import annotations

import importlib
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from lexicon.config import ConfigResolver
from lexicon.exceptions import LexiconError
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from ..rrset import RRset
from . import deadline
from .base import TYPES, Provider, ProviderError, Published, Write, removals_first, require_room
from .values import canonical, canonical_set, distinct, same

SECONDS = 20.0  # for one call
DEFAULT_TTL = 3600


class _Plain(HTTPConnection):
    """Its socket is shut when the call's time is over."""

    def _new_conn(self) -> Any:
        opened = super()._new_conn()
        deadline.watch(opened.fileno())
        return opened

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:  # opened for a call before this one
            deadline.watch(self.sock.fileno())
        super().request(*args, **kwargs)


class _Secure(_Plain, HTTPSConnection):
    """With TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


class Session(requests.Session):
    """No call takes longer than its deadline, none follows a redirect."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        with deadline.call(SECONDS):
            return super().request(*args, **{"timeout": SECONDS, "allow_redirects": False} | kwargs)


class LexiconProvider(Provider):
    """Record by record: a list of writes can stop in the middle, and running it again finishes it."""

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        self.name = name
        self.options = dict(options)
        self.module = importlib.import_module(f"lexicon._private.providers.{name}")

    def client(self, zone: str) -> Any:
        """lexicon's object for `zone`, signed in. Call within `explained`."""
        config = ConfigResolver().with_dict({"provider_name": self.name, "domain": zone, self.name: self.options})
        client = self.module.Provider(config)
        self.sign_in(client, zone)
        return client

    def sign_in(self, client: Any, zone: str) -> None:
        client.authenticate()

    def zones(self) -> list[str]:
        raise ProviderError("cannot-list")

    def test(self, zone: str) -> None:
        with explained():
            self.client(zone)

    def read(self, zone: str, names: Iterable[str]) -> Published:
        with explained():
            return self._read(self.client(zone), zone, set(names))[0]

    def write(self, zone: str, writes: Sequence[Write], done: Callable[[int], None]) -> None:
        with explained():
            client = self.client(zone)
            now, ids = self._read(client, zone, {write.key[0] for write in writes})
            for write in writes:
                current = now.get(write.key)
                if not _expected(current, write):
                    raise ProviderError("zone-changed", f"{write.key[0]} {write.key[1]}")
            require_room(zone, writes, now)
        for finished, write in enumerate(removals_first(writes)):
            try:
                with explained():
                    if not same(now.get(write.key), write.after):
                        self._bring_about(client, zone, write, now.get(write.key), ids)
            except ProviderError as error:
                raise ProviderError(error.code, error.detail, done=finished) from error
            done(finished + 1)

    def _bring_about(
        self, client: Any, zone: str, write: Write, current: RRset | None, ids: Mapping[tuple[str, str, str], Any]
    ) -> None:
        """Add what is missing, then take away what is too much; an alias cannot stand beside another: it goes first."""
        name, type_ = write.key
        after = distinct(write.after) if write.after else []
        there = {canonical(type_, value): value for value in (current.values if current else ())}
        wanted = {canonical(type_, value): value for value in after}
        ttl = write.after.ttl if write.after and write.after.ttl is not None else DEFAULT_TTL
        gone = [value for key, value in there.items() if key not in wanted]
        new = [value for key, value in wanted.items() if key not in there]
        if type_ == "CNAME":
            self._remove_all(client, zone, name, type_, gone, ids)
            gone = []
        for value in new:
            self.create(client, zone, name, type_, value, ttl)
        self._remove_all(client, zone, name, type_, gone, ids)

    def _remove_all(
        self,
        client: Any,
        zone: str,
        name: str,
        type_: str,
        values: Iterable[str],
        ids: Mapping[tuple[str, str, str], Any],
    ) -> None:
        for value in values:
            self.remove(client, zone, name, type_, value, ids[name, type_, canonical(type_, value)])

    def _read(
        self, client: Any, zone: str, names: set[str]
    ) -> tuple[dict[tuple[str, str], RRset], dict[tuple[str, str, str], Any]]:
        """Record sets, and the provider's identifier of each record by (name, type, canonical value)."""
        ids: dict[tuple[str, str, str], Any] = {}
        sets: dict[tuple[str, str], list[tuple[str, int | None]]] = {}
        for name, type_, value, ttl, identifier in self.records(client, zone, _with_cuts(zone, names)):
            if type_ in TYPES and (name in names or type_ == "NS"):
                sets.setdefault((name, type_), []).append((value, ttl))
                ids[name, type_, canonical(type_, value)] = identifier
        return {
            key: RRset(*key, min((ttl for _value, ttl in found if ttl is not None), default=None), _values(found))
            for key, found in sets.items()
        }, ids

    @abstractmethod
    def records(self, client: Any, zone: str, names: set[str]) -> Iterator[tuple[str, str, str, int | None, Any]]:
        """(name, type, value in presentation form, TTL, identifier) of every record at `names`, or of more."""

    @abstractmethod
    def create(self, client: Any, zone: str, name: str, type_: str, value: str, ttl: int) -> None: ...

    @abstractmethod
    def remove(self, client: Any, zone: str, name: str, type_: str, value: str, identifier: Any) -> None: ...


def _values(found: Iterable[tuple[str, int | None]]) -> tuple[str, ...]:
    return tuple(sorted(value for value, _ttl in found))


def _expected(current: RRset | None, write: Write) -> bool:
    """Whether a record set is as before, as after, or as a run that was interrupted can have left it: with some old
    values gone and some new ones there."""
    if same(current, write.before) or same(current, write.after):
        return True
    type_ = write.key[1]
    before = canonical_set(type_, write.before.values) if write.before else frozenset()
    after = canonical_set(type_, write.after.values) if write.after else frozenset()
    now = canonical_set(type_, current.values) if current else frozenset()
    return before & after <= now <= before | after


def _with_cuts(zone: str, names: set[str]) -> set[str]:
    """`names` and the names between them and the apex, where a delegation could take them away."""
    found = set(names)
    apex = f"{zone}."
    for name in names:
        while name != apex and name.endswith(f".{apex}"):
            found.add(name)
            name = name.partition(".")[2]
    return found


@contextmanager
def explained() -> Iterator[None]:
    """Say as a ProviderError what lexicon and requests raise."""
    try:
        yield
    except requests.Timeout as error:
        raise ProviderError("timeout") from error
    except requests.HTTPError as error:
        raise _of_response(error) from error
    except requests.RequestException as error:
        raise ProviderError("unreachable", type(error).__name__) from error
    except LexiconError as error:
        raise ProviderError("credentials", str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProviderError("server-error", type(error).__name__) from error


def _of_response(error: requests.HTTPError) -> ProviderError:
    response = error.response
    if response is None:
        return ProviderError("server-error")
    status = response.status_code
    code = {401: "credentials", 403: "credentials", 404: "no-such-zone", 429: "too-many-calls"}.get(status, "rejected")
    return ProviderError("server-error" if status >= 500 else code, f"HTTP {status} {_said(response)}".strip())


def _said(response: requests.Response) -> str:
    """The provider's own sentence, from the places where such APIs keep it."""
    try:
        answer = response.json()
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    errors = answer.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("message", ""))
    return str(answer.get("message", ""))
