"""Writing a table as a workbook: one sheet of texts, which no spreadsheet takes for formulas, numbers or dates. Pure.

In memory, since its cells may be passwords: no library that writes workbooks keeps them off the disk.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape  # nosec B406 - it writes, and parses nothing

from .tables.defusing import DEFUSED

_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{_OFFICE}/spreadsheetml/2006/main"
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_ODS = re.compile("[^\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # readers lose tabs
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ODF = "urn:oasis:names:tc:opendocument:xmlns"

XLSX_TYPE = f"{_SHEET}.sheet"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """Every cell is text, in its content and in its format: what is typed over it stays text, too (ECMA-376)."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Accounts" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, _XML + text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            columns = '<cols><col min="1" max="100" width="24" style="1"/></cols>'
            part.write(f'{_XML}<worksheet xmlns="{_MAIN}">{columns}<sheetData>'.encode())
            for number, cells in enumerate(rows, 1):
                part.write(f'<row r="{number}">{"".join(map(_xlsx_cell, cells))}</row>'.encode())
            part.write(b"</sheetData></worksheet>")
    return buffer.getvalue()


def _marked(text: str) -> str:
    """Nothing needs to be defused here; but what looks so is, for `undefuse`."""
    return DEFUSED + text if text.startswith(DEFUSED) else text


def _xlsx_cell(text: str) -> str:
    if not text:
        return '<c s="1"/>'
    text = _LOOKS_ESCAPED.sub("_x005F_", _marked(text))
    text = _NO_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text).replace("\r", "_x000D_")
    return f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def ods(rows: Iterable[Sequence[str]]) -> bytes:
    """OpenDocument 1.3; what XML or readers cannot hold is drawn as its picture (␀), a fault that can be seen."""
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{ODS_TYPE}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ODS_TYPE, zipfile.ZIP_STORED)  # OpenDocument: first and not compressed
        archive.writestr("META-INF/manifest.xml", _XML + manifest)
        with archive.open("content.xml", "w") as part:
            part.write(
                f'{_XML}<office:document-content xmlns:office="{_ODF}:office:1.0" xmlns:table="{_ODF}:table:1.0" '
                f'xmlns:text="{_ODF}:text:1.0" office:version="1.3"><office:body><office:spreadsheet>'
                '<table:table table:name="Accounts">'.encode()
            )
            for cells in rows:
                part.write(f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>".encode())
            part.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")
    return buffer.getvalue()


def _ods_cell(text: str) -> str:
    if not text:
        return "<table:table-cell/>"
    text = _NO_ODS.sub(lambda match: chr(0x2400 + ord(match[0])) if ord(match[0]) < 0x20 else "\ufffd", _marked(text))
    paragraphs = "".join(f"<text:p>{_ods_text(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'


def _ods_text(line: str) -> str:
    """White space collapses in a paragraph: each blank after another one, and at the edges, is an element."""
    return re.sub(r"^ | (?= )| $", "\0", escape(line)).replace("\0", "<text:s/>")
