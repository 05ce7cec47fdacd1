"""A footer into messages of all shapes: parsed afterwards by the standard library, which had no part in it."""

from __future__ import annotations

import base64
import time
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.footers import Filled, clean, filled, text_of, unknown_variables, values_of
from mailflow.footing import MARK, MESSAGE_AT_MOST, PART_AT_MOST, Footed, add, mark_of
from mailflow.parts import Header

FOOTER = Filled("Aurora Sp. z o.o.\nul. Żółta 1, Łódź", "<b>Aurora</b><br>ul. Żółta 1, Łódź")
ASCII = Filled("Aurora Ltd.", "<b>Aurora</b> Ltd.")
JAN = values_of(first_name="Jan", last_name="Lis", display_name="Jan <Lis> & Co", address="jan@aurora.test")


def taken_apart(raw: bytes) -> tuple[list[Header], bytes]:
    """As Postfix hands it to a milter: values without their first blank, folds ended by LF."""
    head, _blank, body = raw.partition(b"\r\n\r\n")
    headers: list[Header] = []
    for line in head.split(b"\r\n"):
        if line[:1] in b" \t":
            name, value = headers[-1]
            headers[-1] = (name, value + b"\n" + line)
        else:
            name, _colon, value = line.partition(b":")
            headers.append((name, value.removeprefix(b" ")))
    return headers, body


def put_together(headers: list[Header], body: bytes) -> bytes:
    return b"".join(n + b": " + v.replace(b"\n", b"\r\n") + b"\r\n" for n, v in headers) + b"\r\n" + body


def footed(raw: bytes, footer: Filled = FOOTER, mark: bytes = b"") -> bytes | None:
    headers, body = taken_apart(raw)
    done = add(headers, body, footer, mark)
    return None if done is None else put_together(done.headers, done.body)


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def letter(
    *, text: str | None = None, html: str | None = None, cte: str | None = None, charset: str = "utf-8"
) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["Message-ID"], message["Subject"] = "jan@aurora.test", "<1@aurora.test>", "hello"
    if text is not None:
        message.set_content(text, cte=cte, charset=charset)
        if html is not None:
            message.add_alternative(html, subtype="html", cte=cte, charset=charset)
    elif html is not None:
        message.set_content(html, subtype="html", cte=cte, charset=charset)
    return message


def texts(raw: bytes) -> list[str]:
    """Of the parts that are read, line breaks as LF."""
    found = [part for part in parsed(raw).walk() if part.get_content_maintype() == "text" and not part.get_filename()]
    return [part.get_content().replace("\r\n", "\n") for part in found]


@pytest.mark.parametrize("cte", ["7bit", "quoted-printable", "base64"])
def test_plain_ascii_text_becomes_utf8_where_the_footer_asks_for_it(cte: str) -> None:
    raw = letter(text="hello\n\nJan\n", cte=cte, charset="us-ascii").as_bytes()
    new = footed(raw)
    assert new is not None
    assert texts(new) == [f"hello\n\nJan\n{FOOTER.text}\n"]
    assert parsed(new).get_content_charset() == "utf-8"
    assert new.partition(b"\r\n\r\n")[2].isascii()
    plain = footed(raw, ASCII)
    assert plain is not None
    assert parsed(plain).get_content_charset() == "us-ascii"
    assert parsed(plain)["Content-Transfer-Encoding"] == cte
    assert texts(plain) == ["hello\n\nJan\nAurora Ltd.\n"]


@pytest.mark.parametrize("cte", ["8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250", "iso-8859-1"])
def test_charset_and_encoding_stay_where_they_can(charset: str, cte: str) -> None:
    before = "Größe\n" if charset == "iso-8859-1" else "Zażółć gęślą jaźń\n"
    new = footed(letter(text=before, cte=cte, charset=charset).as_bytes())
    assert new is not None
    assert texts(new) == [f"{before}{FOOTER.text}\n"]
    assert parsed(new)["Content-Transfer-Encoding"] == cte
    assert parsed(new).get_content_charset() == ("utf-8" if charset == "iso-8859-1" else charset)


@pytest.mark.parametrize("cte", ["7bit", "quoted-printable", "base64"])
def test_html_gets_it_before_its_body_ends_whatever_the_charset(cte: str) -> None:
    raw = letter(html="<html><body><p>hi</p><!-- </body> --></BODY ></html>\n", cte=cte, charset="us-ascii").as_bytes()
    new = footed(raw)
    assert new is not None
    (text,) = texts(new)
    assert text.startswith("<html><body><p>hi</p><!-- </body> -->\n<div><b>Aurora</b><br>ul. &#379;")
    assert text.endswith("</div>\n</BODY ></html>\n")
    assert parsed(new).get_content_charset() == "us-ascii"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>hi", "<p>hi\n<div>F</div>\n"),
        ("", "<div>F</div>\n"),
        ("<body>hi</html>", "<body>hi\n<div>F</div>\n</html>"),
        ("<body>a</body><body>b</body>", "<body>a</body><body>b\n<div>F</div>\n</body>"),
        ("<body>a</body><script>'</body>'</script>", "<body>a\n<div>F</div>\n</body><script>'</body>'</script>"),
        ("<style>", "<style>\n<div>F</div>\n"),
    ],
)
def test_where_in_html(before: str, after: str) -> None:
    done = add([(b"Content-Type", b"text/html")], before.encode(), Filled("F", "F"))
    assert done is not None
    assert done.body.decode().replace("\r\n", "\n") == after


def test_both_alternatives_get_it_and_attachments_stay_as_they_are() -> None:
    message = letter(text="Cześć\n", html="<p>Cześć</p>\n")
    message.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment("not mine\n", filename="notes.txt")
    message.add_attachment(letter(text="forwarded\n"))
    raw = message.as_bytes()
    new = footed(raw)
    assert new is not None
    plain, html, forwarded = texts(new)
    assert plain == f"Cześć\n{FOOTER.text}\n"
    assert "&#379;" in html
    assert forwarded == "forwarded\n"
    first, second = raw.index(b"Content-Type: application/pdf"), new.index(b"Content-Type: application/pdf")
    assert raw[first:] == new[second:]


def test_a_picture_in_the_html_stays() -> None:
    message = letter(text="hi\n")
    message.add_alternative("<p>hi <img src='cid:x@y'></p>\n", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<x@y>")  # type: ignore[index, union-attr]
    new = footed(message.as_bytes())
    assert new is not None
    assert "Aurora" in texts(new)[1]
    assert [part.get_content() for part in parsed(new).walk() if part.get_content_type() == "image/png"] == [
        b"\x89PNG\r\n\x1a\n"
    ]


def test_the_root_of_related_parts_is_the_one_that_start_names() -> None:
    body = b"--x\r\nContent-Type: text/plain\r\n\r\nno\r\n"
    body += b"--x\r\nContent-Type: text/html\r\nContent-ID: <r>\r\n\r\nyes\r\n--x--\r\n"
    done = add([(b"Content-Type", b'multipart/related; boundary=x; start="<r>"')], body, ASCII)
    assert done is not None
    assert b"no\r\n--x" in done.body
    assert b"yes\r\n<div><b>Aurora</b>" in done.body


def test_flowed_text_keeps_its_paragraphs_and_its_signature() -> None:
    """RFC 3676."""
    head = b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=no\r\n\r\n"
    footer = Filled("From here\n> on\n  two\ntail  ", "")
    new = footed(head + b"one \r\n", footer)
    assert new is not None
    assert new.endswith(b"\r\n\r\none \r\n\r\n From here\r\n > on\r\n   two\r\ntail\r\n")
    assert b"format=flowed; delsp=no" in new
    signed = footed(head + b"one\r\n-- \r\n", footer)
    assert signed is not None
    assert b"one\r\n-- \r\n From here\r\n" in signed


def test_without_mime_headers_it_gets_what_the_footer_needs() -> None:
    new = footed(b"From: jan@aurora.test\r\n\r\nhello\r\n")
    assert new is not None
    assert texts(new) == [f"hello\n{FOOTER.text}\n"]
    assert parsed(new)["MIME-Version"] == "1.0"
    ascii_only = footed(b"From: jan@aurora.test\r\n\r\nhello\r\n", ASCII)
    assert ascii_only == b"From: jan@aurora.test\r\n\r\nhello\r\nAurora Ltd.\r\n"


def test_lines_longer_than_mail_has_are_never_made() -> None:
    footer = Filled("x" * 3000, "y " * 2000)
    for raw in (letter(text="hi\n", cte="7bit").as_bytes(), letter(html="hi\n", cte="7bit").as_bytes()):
        new = footed(raw, footer)
        assert new is not None
        assert max(map(len, new.split(b"\r\n"))) <= 998
        assert parsed(new)["Content-Transfer-Encoding"] == "quoted-printable"


SIGNED = (
    b"--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    b"--s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n"
)
UNTOUCHED = {
    "signed": (b"multipart/signed; boundary=s; protocol=x", SIGNED),
    "encrypted": (b"multipart/encrypted; boundary=s", SIGNED),
    "s/mime": (b"application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"MIIB\r\n"),
    "old s/mime": (b"application/x-pkcs7-mime", b"MIIB\r\n"),
    "signed within": (
        b"multipart/mixed; boundary=o",
        b"--o\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n" + SIGNED + b"\r\n--o\r\n\r\nlist\r\n--o--\r\n",
    ),
    "signed behind": (
        b"multipart/mixed; boundary=o",
        b"--o\r\n\r\nlist\r\n--o\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n" + SIGNED + b"\r\n--o--\r\n",
    ),
    "encrypted, broken by a server": (
        b"multipart/mixed; boundary=o",
        b"--o\r\n\r\n\r\n--o\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--o--\r\n",
    ),
    "inline pgp": (b"text/plain", b"Hi\r\n-----BEGIN PGP MESSAGE-----\r\nx\r\n-----END PGP MESSAGE-----\r\n"),
    "inline pgp in base64": (
        b"text/plain\nContent-Transfer-Encoding: base64",
        base64.encodebytes(b"-----BEGIN PGP SIGNED MESSAGE-----\n").replace(b"\n", b"\r\n"),
    ),
    "inline pgp in one alternative": (
        b"multipart/alternative; boundary=o",
        b"--o\r\nContent-Type: text/html\r\n\r\n<p>\r\n--o\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--o--\r\n",
    ),
    "a report": (b"multipart/report; boundary=o", b"--o\r\n\r\nhi\r\n--o--\r\n"),
    "a calendar": (b"text/calendar; method=REPLY", b"BEGIN:VCALENDAR\r\n"),
    "an answer to an invitation": (
        b"multipart/alternative; boundary=o",
        b"--o\r\n\r\nAccepted\r\n--o\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:\r\n--o--\r\n",
    ),
    "a file": (b"text/plain; name=a.txt", b"hi\r\n"),
    "a picture": (b"image/png", b"hi\r\n"),
    "a forwarded message": (b"message/rfc822", b"Subject: x\r\n\r\nhi\r\n"),
    "no end": (b"multipart/mixed; boundary=o", b"--o\r\n\r\nhi\r\n"),
    "no boundary": (b"multipart/mixed", b"--o\r\n\r\nhi\r\n--o--\r\n"),
    "two boundaries": (b"multipart/mixed; boundary=o; boundary=p", b"--o\r\n\r\nhi\r\n--o--\r\n"),
    "one boundary twice": (
        b"multipart/mixed; boundary=o",
        b"--o\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nhi\r\n--o--\r\n--o--\r\n",
    ),
    "no header": (b"multipart/mixed; boundary=o", b"--o\r\nnothing\r\n\r\nhi\r\n--o--\r\n"),
    "no type": (b"text", b"hi\r\n"),
    "a charset that lies": (b"text/plain; charset=us-ascii", "ą\r\n".encode()),
    "a charset that nobody knows": (b"text/plain; charset=x-unknown", b"hi\r\n"),
    "utf-7": (b"text/plain; charset=utf-7", b"hi\r\n"),
    "no charset": (b"text/plain", "ą\r\n".encode()),
    "broken utf-8": (b"text/plain; charset=utf-8", b"\xc4\r\n"),
    "broken base64": (b"text/plain\nContent-Transfer-Encoding: base64", b"aGk\r\n"),
    "broken quoted-printable": (b"text/plain\nContent-Transfer-Encoding: quoted-printable", b"a=zz\r\n"),
    "an encoding that nobody knows": (b"text/plain\nContent-Transfer-Encoding: x-uuencode", b"hi\r\n"),
    "binary": (b"text/plain\nContent-Transfer-Encoding: binary", b"hi\r\n"),
    "two encodings": (b"text/plain\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64", b"aGkK\r\n"),
    "two types": (b"text/plain\nContent-Type: text/html", b"hi\r\n"),
    "an automatic reply": (b"text/plain\nAuto-Submitted: auto-replied", b"I am away\r\n"),
    "an older automatic reply": (b"text/plain\nPrecedence: auto_reply", b"I am away\r\n"),
    "too large": (b"text/plain", b"hi\r\n" * (PART_AT_MOST // 4 + 1)),
    "far too large": (b"text/plain", b"hi\r\n" * (MESSAGE_AT_MOST // 4 + 1)),
    "only a file": (
        b"multipart/mixed; boundary=o",
        b"--o\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nhi\r\n--o--\r\n",
    ),
}


@pytest.mark.parametrize("what", UNTOUCHED)
def test_goes_as_it_came(what: str) -> None:
    fields, body = UNTOUCHED[what]
    first, *others = fields.split(b"\n")
    headers = [(b"Content-Type", first)]
    headers += [(name, value.strip()) for name, _colon, value in (line.partition(b":") for line in others)]
    assert add(headers, body, FOOTER) is None


def test_multiparts_within_each_other_are_followed_so_far() -> None:
    def nested(depth: int) -> Footed | None:
        body = b"\r\nhi"
        for level in range(depth, 0, -1):
            body = b"Content-Type: multipart/mixed; boundary=b%dz\r\n\r\n--b%dz\r\n%b\r\n--b%dz--" % (
                level,
                level,
                body,
                level,
            )
        return add([(b"Content-Type", b"multipart/mixed; boundary=o")], b"--o\r\n" + body + b"\r\n--o--\r\n", ASCII)

    assert nested(7) is not None
    assert nested(8) is None
    assert nested(3000) is None


def test_what_is_made_to_be_slow_is_not() -> None:
    started = time.monotonic()
    size = PART_AT_MOST - 10
    for evil in (b"<!--", b"<style", b"</body", b"<script>", b"-----BEGIN PGP ", b"= ", b"--x\r\n"):
        for kind in (b"text/html", b"text/plain", b"multipart/mixed; boundary=x"):
            add([(b"Content-Type", kind)], (evil * (size // len(evil)))[:size], ASCII)
    assert time.monotonic() - started < 20


def test_a_footer_that_would_end_a_part_is_left_out() -> None:
    body = b"--o\r\n\r\nhi\r\n--o--\r\n"
    assert add([(b"Content-Type", b"multipart/mixed; boundary=o")], body, Filled("--o", "")) is None


def test_never_twice() -> None:
    raw = letter(text="hi\n", html="<body>hi</body>\n").as_bytes()
    mark = mark_of(b"secret", taken_apart(raw)[0])
    once = footed(raw, mark=mark)
    assert once is not None
    assert once.count(MARK) == 1
    assert footed(once, mark=mark) is None
    assert footed(once, Filled("Another", "Another"), mark) is None  # of the same message, whatever it says by now
    assert mark != mark_of(b"other", taken_apart(raw)[0])
    unmarked = once.replace(MARK, b"X-Gone")
    assert footed(unmarked, mark=mark) is None  # it stands at the end already
    reply = footed(raw.replace(b"<1@", b"<2@"), mark=mark_of(b"secret", [(b"Message-ID", b"<2@aurora.test>")]))
    assert reply is not None


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60)
LINES = st.lists(WORDS, min_size=1, max_size=6).map("\n".join)


@given(
    text=LINES,
    html=LINES,
    footer=LINES,
    cte=st.sampled_from(["quoted-printable", "base64", "8bit"]),
    data=st.binary(max_size=300),
    attached=st.booleans(),
)
def test_what_was_there_is_there_before_the_footer(
    text: str, html: str, footer: str, cte: str, data: bytes, attached: bool
) -> None:
    message = letter(text=f"{text}\n", html=f"<p>{html}</p>\n", cte=cte)
    if attached:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename="f.bin")
    piece = Filled(footer, clean(footer))
    raw = message.as_bytes()
    new = footed(raw, piece)
    if new is None:
        assert not (piece.text and piece.html) or "-----BEGIN" in text + html or text.rstrip().endswith(footer.strip())
        return
    before, after = texts(raw), texts(new)
    assert after[0].startswith(before[0])
    assert (
        after[0][len(before[0]) :].strip("\n").split("\n") == [line.rstrip() for line in footer.strip("\n").split("\n")]
        or footer.strip() == ""
    )
    assert after[1].startswith(before[1].rstrip("\n"))
    files = [[part.get_content() for part in parsed(one).iter_attachments() if attached] for one in (raw, new)]
    assert files[0] == files[1] == ([data] if attached else [])


@given(
    st.binary(max_size=400), st.sampled_from(["multipart/mixed; boundary=o", "text/plain", "text/html; charset=utf-8"])
)
def test_no_octets_make_it_fail(body: bytes, kind: str) -> None:
    done = add([(b"Content-Type", kind.encode())], b"--o\r\n" + body + b"\r\n--o--\r\n", FOOTER)
    assert done is None or len(done.body) > len(body)


def test_variables_are_escaped_and_lines_of_nothing_are_left_out() -> None:
    shown = filled(
        "{{display_name}}\n{{ first_name }}\n{{last_name}} \n\nx", "<i>{{display_name}}</i>", {**JAN, "first_name": ""}
    )
    assert shown.text == "Jan <Lis> & Co\nLis \n\nx"
    assert shown.html == "<i>Jan &lt;Lis&gt; &amp; Co</i>"
    link = filled("", '<a href="{{display_name}}">x</a>', {**JAN, "display_name": "javascript:alert(1)"})
    assert link.html == "<a>x</a>"
    assert unknown_variables("{{first_name}} {{ phone }} {{phone}}") == ["phone"]


def test_html_is_cleaned() -> None:
    dirty = (
        '<p style="color:red;position:fixed" onclick="x">a<script>b</script><style>c</style><!-- d --></p>'
        '<a href="javascript:x">e</a><img src="cid:1" onerror="x"><form><input></form><iframe src="https://x"></iframe>'
    )
    assert clean(dirty) == '<p style="color:red">a</p><a>e</a><img>'
    assert clean(clean(dirty)) == clean(dirty)


def test_text_is_made_of_html() -> None:
    html = (
        "<div><b>Jan Lis</b><br>Aurora</div><p>T: <a href='tel:+48123'>+48123</a></p>"
        "<p><a href='https://aurora.test/x'>our site</a></p><ul><li>a</li><li>b &amp; c</li></ul>"
    )
    assert text_of(html) == "Jan Lis\nAurora\nT: +48123\nour site <https://aurora.test/x>\n- a\n- b & c"
    assert text_of("<table><tr><td>a<br>b</td><td>c</td></tr></table>") == "a\nb\nc"
    assert filled("", html, JAN).text == text_of(html)
    assert filled("a\n<b>", "", JAN).html == "a<br>\n&lt;b&gt;"
