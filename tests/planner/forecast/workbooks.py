"""Workbooks made by hand, so that each trap is exactly what it should be."""

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATE, PLAIN = 1, 0
"""Styles: a date, a number."""


def text(where: str, value: str) -> str:
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(where: str, value: float, style: int = PLAIN) -> str:
    return f'<c r="{where}" s="{style}"><v>{value!r}</v></c>'


def day(where: str, serial: float) -> str:
    return number(where, serial, DATE)


def rows(*cells: Iterable[str]) -> str:
    """Rows 1, 2, … of a sheet."""
    return "".join(f'<row r="{row}">{"".join(row_cells)}</row>' for row, row_cells in enumerate(cells, start=1))


HEADER = (text("A1", "timestamp"), text("B1", "gpus"))
JANUARY_2027 = 46388
"""As Excel counts days."""


def xlsx(*sheets: str, after: str = "", names: Iterable[str] = ("One", "Two", "Three")) -> bytes:
    """A workbook of sheets that hold these rows; `after`: XML after the rows of the first."""
    named = list(zip(names, sheets, strict=False))
    listed = "".join(f'<sheet name={quoteattr(n)} sheetId="{i}" r:id="r{i}"/>' for i, (n, _) in enumerate(named, 1))
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="b" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(named) + 1)
        )
        + f'<Relationship Id="s" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for i, (_, content) in enumerate(named, 1):
        extra = after if i == 1 else ""
        parts[f"xl/worksheets/sheet{i}.xml"] = f"<worksheet {_MAIN}><sheetData>{content}</sheetData>{extra}</worksheet>"
    return packed({name: f'<?xml version="1.0" encoding="UTF-8"?>{content}' for name, content in parts.items()})


def ods(table: str, name: str = "One") -> bytes:
    """An OpenDocument workbook with one sheet of that XML."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} {calc}><office:body>'
        f'<office:spreadsheet><table:table table:name="{name}">{table}</table:table></office:spreadsheet>'
        f"</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return packed({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def packed(parts: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
