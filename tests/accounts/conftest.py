from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import transaction

from accounts import batch
from domains.models import Domain
from panel.models import Organization, Role, Service, User
from tests.factories import make_domain, make_member, make_organization, make_service


@dataclass(frozen=True, slots=True)
class Clinic:
    """A service with a verified domain and slots, and somebody of each role."""

    organization: Organization
    service: Service
    domain: Domain
    owner: User
    technician: User
    viewer: User

    def add_slots(self, quantity: int) -> None:
        with transaction.atomic():
            batch.add_slots(batch.locked(self.service.pk), quantity)


def make_clinic(*, slots: int = 10, domain: str = "aurora.example") -> Clinic:
    organization = make_organization(name="Aurora Clinic")
    service = make_service(organization)
    clinic = Clinic(
        organization,
        service,
        make_domain(service, domain),
        make_member(organization, Role.OWNER),
        make_member(organization, Role.TECHNICIAN),
        make_member(organization, Role.VIEWER),
    )
    if slots:
        clinic.add_slots(slots)
    return clinic


@pytest.fixture
def clinic(db: None) -> Clinic:
    return make_clinic()


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write lines to a CSV file."""

    def write(*lines: str, name: str = "staff.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
        return path

    return write


OFFICE = "http://schemas.openxmlformats.org"


def xlsx(rows: str) -> bytes:
    """The smallest workbook around `<row>` elements."""
    main, relations = f"{OFFICE}/spreadsheetml/2006/main", f"{OFFICE}/officeDocument/2006/relationships"
    package = f"{OFFICE}/package/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="r1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return _zipped(parts)


def xlsx_row(number: int, *cells: str | int) -> str:
    def cell(column: str, value: str | int) -> str:
        if isinstance(value, int):
            return f'<c r="{column}{number}"><v>{value}</v></c>'
        return f'<c r="{column}{number}" t="inlineStr"><is><t>{value}</t></is></c>'

    return f'<row r="{number}">' + "".join(map(cell, "ABCDEFGH", cells)) + "</row>"


def ods(rows: str) -> bytes:
    """The smallest ODS around `<table:table-row>` elements."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    return _zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"/>',
            "content.xml": f'<office:document-content xmlns:office="{names}:office:1.0"'
            f' xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="S">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_row(*cells: str, repeated: int = 1) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


def _zipped(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()
