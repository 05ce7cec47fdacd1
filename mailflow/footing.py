"""A footer into a message that leaves: into the parts that people read, and into nothing else. Pure.

What is signed or encrypted is never touched, nor is a file, nor what no person wrote. All that gets the footer gets it
or nothing does: a message that cannot be read without doubt goes as it came.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domains.footers import Filled

from . import parts
from .parts import ContentType, Header, Unsafe

MESSAGE_AT_MOST = 25 * 2**20  # octets
PART_AT_MOST = 2 * 2**20  # octets of a part that gets the footer
DEEPEST = 8  # multiparts within each other
MARK = b"X-Footer-Added"

_NEVER = {
    *("multipart/signed", "multipart/encrypted", "application/pgp-encrypted", "application/pgp-signature"),
    *("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature"),
    "application/x-pkcs7-signature",
}
_INLINE_PGP = re.compile(r"-----BEGIN PGP (SIGNED )?MESSAGE")
_INLINE_PGP_LINE = re.compile(rf"^{_INLINE_PGP.pattern}", re.MULTILINE)
# What is skipped is taken whole, to its end or to the end of all: so nothing is looked at twice.
_END_TAGS = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<raw>script|style|textarea|title|xmp|noscript)\b.*?(?:</(?P=raw)\s*>|\Z)"
    r"|(?P<end></(?:body|html)\s*>)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Footed:
    headers: list[Header]
    changed: list[tuple[bytes, bytes, bool]]  # headers: name, value, whether it was there before
    body: bytes


class _Enough(Exception):  # noqa: N818 - no error
    """The message has its footer already, or nothing is to get one."""


def is_automatic(headers: Sequence[Header]) -> bool:
    """Whether no person wrote it: replies of programs (RFC 3834), reports (RFC 6522)."""
    for name, value in headers:
        word = value.strip().lower().partition(b";")[0].strip()
        match name.strip().lower():
            case b"auto-submitted" if word != b"no":
                return True
            case b"x-autoreply" | b"x-autorespond":
                return True
            case b"precedence" if word == b"auto_reply":
                return True
    return False


def mark_of(secret: bytes, headers: Sequence[Header]) -> bytes:
    """What says that this very message has its footer; empty where nothing tells it from others. Sent once more it
    keeps its Message-ID and this; nobody else can write it."""
    ids = [value.strip() for name, value in headers if name.strip().lower() == b"message-id"]
    return hmac.new(secret, b"footer\0" + ids[0], hashlib.sha256).hexdigest()[:32].encode() if len(ids) == 1 else b""


def add(headers: Sequence[Header], body: bytes, footer: Filled, mark: bytes = b"") -> Footed | None:
    """The message with its footer; None where it goes as it came. Lines of `body` end in CRLF."""
    if len(body) > MESSAGE_AT_MOST or is_automatic(headers) or not (footer.text or footer.html):
        return None
    if mark and any(name.strip().lower() == MARK.lower() and value.strip() == mark for name, value in headers):
        return None
    given = list(headers)
    try:
        for name in (b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition"):
            parts.single(given, name)
        done = _Adding(footer).part(given, body, ())
    except (Unsafe, _Enough):
        return None
    if done is None:
        return None
    new, changed_body = done
    if new != given and parts.single(given, b"mime-version") is None:
        new = [*new, (b"MIME-Version", b"1.0")]
    if mark:
        new = [*new, (MARK, mark)]
    changed = [(*pair, True) for pair, old in zip(new, given, strict=False) if pair != old]
    changed += [(*pair, False) for pair in new[len(given) :]]
    return Footed(new, changed, changed_body)


def _is_left_alone(kind: ContentType) -> bool:
    """What is signed or encrypted, and the answer to an invitation, which a program wrote (RFC 5546 §3.2.3)."""
    answers = kind.name == "text/calendar" and kind.parameters.get("method", "").lower() == "reply"
    return kind.name in _NEVER or answers


type Done = tuple[list[Header], bytes]


@dataclass(frozen=True, slots=True)
class _Adding:
    footer: Filled

    def part(self, headers: list[Header], body: bytes, above: tuple[str, ...]) -> Done | None:
        """A part with the footer in it; None where people read nothing in it. `above`: boundaries around it."""
        kind = parts.content_type(headers)
        if parts.is_attachment(headers, kind):
            return None
        match kind.name:
            case "text/plain" | "text/html":
                new = self._text(headers, body, kind)
                if any(line.startswith(f"--{boundary}".encode()) for boundary in above for line in new[1].splitlines()):
                    raise Unsafe("a footer that ends a part")
                return new
            case "multipart/mixed" | "multipart/alternative" | "multipart/related":
                new_body = self._multipart(body, kind, above)
                return None if new_body is None else (headers, new_body)
        return None

    def _multipart(self, body: bytes, kind: ContentType, above: tuple[str, ...]) -> bytes | None:
        boundary = kind.parameters.get("boundary", "")
        if len(above) >= DEEPEST or any(one.startswith(boundary) or boundary.startswith(one) for one in above):
            raise Unsafe("nested too deeply, or in a way that can be read twice")
        places = parts.spans(body, boundary)
        children = [parts.opened(body[start:end]) for start, end in places]
        if any(_is_left_alone(parts.content_type(head)) for head, _body in children):
            raise _Enough
        pieces: list[bytes] = []
        at = 0
        for index in [self._root(kind, children)] if kind.name == "multipart/related" else range(len(children)):
            new = self.part(*children[index], (*above, boundary))
            if new is None:
                continue
            start, end = places[index]
            pieces += [body[at:start], parts.closed(*new)]
            at = end
            if kind.name == "multipart/mixed":
                break
        return b"".join([*pieces, body[at:]]) if pieces else None

    @staticmethod
    def _root(kind: ContentType, children: list[tuple[list[Header], bytes]]) -> int:
        """RFC 2387 §3.2."""
        start = kind.parameters.get("start", "").strip()
        for index, (head, _body) in enumerate(children):
            if start and (parts.single(head, b"content-id") or b"").strip() == start.encode("ascii", "replace"):
                return index
        return 0

    def _text(self, headers: list[Header], body: bytes, kind: ContentType) -> Done:
        if len(body) > PART_AT_MOST:
            raise Unsafe("too large")
        way = parts.encoding(headers)
        content = parts.decoded(body, way)
        declared = kind.parameters.get("charset")
        guessed = declared is None and not content.isascii()  # as whoever reads it will: only ASCII may be added
        charset = "utf-8" if guessed else parts.codec(declared or "us-ascii")
        text = parts.read(content, charset)
        if kind.name == "text/html":
            new = self._html(text)
        elif guessed and not self.footer.text.isascii():
            raise Unsafe("a charset that nobody has named")
        else:
            new = self._plain(text, kind)
        try:
            octets = new.encode(charset)
        except UnicodeEncodeError:
            octets = new.encode("utf-8")
            new_type = parts.with_charset(parts.single(headers, b"content-type"), "utf-8")
            headers = parts.put(headers, b"Content-Type", new_type)
        result, new_way = parts.encoded(octets, way, ends=body.endswith(b"\r\n"))
        if new_way != way:
            headers = parts.put(headers, b"Content-Transfer-Encoding", new_way.encode())
        return headers, result

    def _plain(self, text: str, kind: ContentType) -> str:
        if _INLINE_PGP_LINE.search(text):
            raise _Enough
        flowed = kind.parameters.get("format", "").lower() == "flowed"
        lines = [line if line == "-- " else line.rstrip() for line in self.footer.text.split("\n")]
        if flowed:  # RFC 3676 §4.4
            lines = [f" {line}" if line.startswith((" ", ">", "From ")) else line for line in lines]
        newline = "\n" if "\n" in text and "\r\n" not in text else "\r\n"
        footer = newline.join(lines)
        if text.rstrip().replace("\r\n", "\n").endswith("\n" + "\n".join(lines).strip()):
            raise _Enough
        last = text.removesuffix(newline).rpartition(newline)[2]
        ended = not text or text.endswith(newline)
        gap = "" if ended else newline
        if flowed and last.endswith(" ") and last != "-- ":
            gap += newline  # or its last line would flow into the footer
        return f"{text}{gap}{footer}{newline if ended else ''}"

    def _html(self, text: str) -> str:
        if _INLINE_PGP.search(text):
            raise _Enough
        newline = "\n" if "\n" in text and "\r\n" not in text else "\r\n"
        footer = self.footer.html.encode("ascii", "xmlcharrefreplace").decode().replace("\n", newline)
        ends = [found for found in _END_TAGS.finditer(text) if found["end"]]
        bodies = [found for found in ends if found["end"].lower().startswith("</body")]
        at = bodies[-1].start() if bodies else ends[-1].start() if ends else len(text)
        piece = f"<div>{footer}</div>"
        if text[:at].rstrip().endswith(piece):
            raise _Enough
        before = "" if not text[:at] or text[:at].endswith(newline) else newline
        return f"{text[:at]}{before}{piece}{newline}{text[at:]}"
