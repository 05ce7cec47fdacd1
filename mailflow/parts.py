"""Parts of a message, octet by octet: what is not changed stays as it came. Pure.

RFC 2045, RFC 2046. Whatever can be read in two ways is `Unsafe`: other programs may read it the other way.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message as Letter

type Header = tuple[bytes, bytes]  # name, value with its folds

FIELD_AT_MOST = 4_000  # octets of a header that is read
PARTS_AT_MOST = 500
LINE_AT_MOST = 998  # octets: RFC 5322 §2.1.1

_TYPE = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)\s*(;|$)", re.ASCII)
_NAME = re.compile(rb"[!-9;-~]+")
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_QP_WRONG = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r\n|[ \t]*\Z)")
# ASCII is a part of all of them.
_CHARSETS = re.compile(
    r"ascii|utf-8|iso8859-\d+|cp125\d|koi8-[rut]|mac-\w+|gb2312|gbk|gb18030|big5|big5hkscs|shift_jis|cp932|euc_jp|euc_kr"
    r"|cp949|iso2022_jp|tis-620|cp874"
)


class Unsafe(Exception):  # noqa: N818 - not an error: the message goes as it came
    pass


@dataclass(frozen=True, slots=True)
class ContentType:
    name: str  # text/plain
    parameters: dict[str, str]


def single(headers: Sequence[Header], name: bytes) -> bytes | None:
    """The value of a header that may be there once."""
    values = [value for key, value in headers if key.strip().lower() == name]
    if len(values) > 1 or (values and len(values[0]) > FIELD_AT_MOST):
        raise Unsafe(name)
    return values[0] if values else None


def _unfolded(value: bytes) -> str:
    return re.sub(rb"\r?\n", b"", value).decode("ascii", "surrogateescape").strip()


def content_type(headers: Sequence[Header]) -> ContentType:
    value = single(headers, b"content-type")
    if value is None:
        return ContentType("text/plain", {})
    return _read_type(_unfolded(value))


def _read_type(text: str) -> ContentType:
    found = _TYPE.match(text)
    if found is None:
        raise Unsafe(text)
    letter = Letter()
    letter["Content-Type"] = text
    given = (letter.get_params(failobj=[]) or [])[1:]
    names = [name.lower() for name, _value in given]
    if len(set(names)) != len(names) or any("*" in name or not isinstance(value, str) for name, value in given):
        raise Unsafe(text)
    return ContentType(found[1].lower(), dict(zip(names, (value for _name, value in given), strict=True)))


def is_attachment(headers: Sequence[Header], kind: ContentType) -> bool:
    """Whatever has a name is a file, also where it is shown inline."""
    disposition = _unfolded(single(headers, b"content-disposition") or b"").lower()
    return disposition.startswith("attachment") or "filename" in disposition or "name" in kind.parameters


def with_charset(value: bytes | None, charset: str) -> bytes:
    """The Content-Type of a text with another charset, and all else as it is."""
    if value is None:
        return f"text/plain; charset={charset}".encode()
    before = _read_type(_unfolded(value))
    pattern = rb'(?i)(;\s*charset\s*=\s*)("[^"]*"|[^;\s"]+)'
    new, changed = re.subn(pattern, rb"\g<1>" + charset.encode(), value)
    if not changed:
        new = value.rstrip().rstrip(b";") + f"; charset={charset}".encode()
    after = _read_type(_unfolded(new))
    if after.name != before.name or after.parameters != before.parameters | {"charset": charset}:
        raise Unsafe(value)
    return new


def put(headers: Sequence[Header], name: bytes, value: bytes) -> list[Header]:
    """With another value for a header that is there once or not at all."""
    if headers and headers[0][1][:1] == b" " and value[:1] != b" ":  # as the others stand behind the colon
        value = b" " + value
    found = [key.strip().lower() == name.lower() for key, _value in headers]
    if not any(found):
        return [*headers, (name, value)]
    return [(key, value) if hit else (key, old) for (key, old), hit in zip(headers, found, strict=True)]


def opened(part: bytes) -> tuple[list[Header], bytes]:
    """A part of a multipart: its headers, each value as it stands behind the colon, and its body."""
    if part.startswith(b"\r\n"):
        return [], part[2:]
    head, blank, body = part.partition(b"\r\n\r\n")
    if not blank and not part.endswith(b"\r\n"):
        raise Unsafe("headers that do not end")
    head = head.removesuffix(b"\r\n")
    headers = []
    for line in _FIELD_END.split(head):
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise Unsafe(line)
        headers.append((name, value))
    return headers, body


def closed(headers: Sequence[Header], body: bytes) -> bytes:
    return b"".join(name + b":" + value + b"\r\n" for name, value in headers) + b"\r\n" + body


def spans(body: bytes, boundary: str) -> list[tuple[int, int]]:
    """Where the parts of a multipart begin and end. RFC 2046 §5.1.1: the line break before a delimiter is its own."""
    if not 0 < len(boundary) <= 70 or boundary.endswith(" ") or not boundary.isascii():
        raise Unsafe(boundary)
    delimiter = re.compile(rb"(?:\A|(?<=\r\n))--" + re.escape(boundary.encode()) + rb"(?P<close>--)?[ \t]*(?:\r\n|\Z)")
    found: list[tuple[int, int]] = []
    start: int | None = None
    for match in delimiter.finditer(body):
        if start is not None:
            if match.start() - 2 < start or len(found) >= PARTS_AT_MOST:
                raise Unsafe("an empty part, or too many")
            found.append((start, match.start() - 2))
        if match["close"]:
            if start is None:
                break
            return found
        start = match.end()
    raise Unsafe("a multipart that does not end")


def encoding(headers: Sequence[Header]) -> str:
    return _unfolded(single(headers, b"content-transfer-encoding") or b"7bit").lower()


def decoded(body: bytes, name: str) -> bytes:
    match name:
        case "7bit" | "8bit":
            if b"\0" in body:
                raise Unsafe(name)
            return body
        case "quoted-printable":
            if _QP_WRONG.search(body):
                raise Unsafe(name)
            return binascii.a2b_qp(body)
        case "base64":
            try:
                return base64.b64decode(re.sub(rb"[ \t\r\n]+", b"", body), validate=True)
            except binascii.Error as error:
                raise Unsafe(name) from error
    raise Unsafe(name)


def encoded(content: bytes, name: str, *, ends: bool) -> tuple[bytes, str]:
    """The octets, and in which encoding: as it was, or quoted-printable where that cannot carry it. `ends`: with a
    line break at the end, for what is no text by itself."""
    if name in {"7bit", "8bit"}:
        long = any(len(line) > LINE_AT_MOST for line in content.split(b"\r\n"))
        if not long and (name == "8bit" or content.isascii()):
            return content, name
        name = "quoted-printable"
    if name == "quoted-printable":
        body = binascii.b2a_qp(content)
        if binascii.a2b_qp(body) != content or re.search(rb"(?<!\r)\n|\r(?!\n)", body):
            raise Unsafe(name)
        return body, name
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return body if ends else body.removesuffix(b"\r\n"), name


def codec(charset: str) -> str:
    """Python's name for it."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError) as error:
        raise Unsafe(charset) from error
    if not _CHARSETS.fullmatch(name):
        raise Unsafe(charset)
    return name


def read(content: bytes, charset: str) -> str:
    """What can be written back octet by octet."""
    try:
        text = content.decode(charset)
        same = text.encode(charset) == content
    except UnicodeError as error:
        raise Unsafe(charset) from error
    if not same:
        raise Unsafe(charset)
    return text
