"""Excel and OpenDocument: the same forecast as from CSV, and a name for everything that is special about them."""

import io
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import HEADER, JANUARY_2027, day, number, ods, packed, rows, text, xlsx

from planner.forecast import workbook_archive
from planner.forecast.read import read_forecast
from planner.forecast.table import Forecast
from planner.problems import InputError

FEBRUARY = JANUARY_2027 + 31
GOOD = rows(HEADER, (day("A2", JANUARY_2027), number("B2", 5.0)), (day("A3", FEBRUARY), number("B3", 0.1)))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Forecast]:
    def to(content: bytes, name: str = "f.xlsx", sheet: str = "") -> Forecast:
        (tmp_path / name).write_bytes(content)
        return read_forecast(f"{tmp_path / name}{sheet}")

    return to


@pytest.fixture
def problems(read: Callable[..., Forecast], tmp_path: Path) -> Callable[..., list[str]]:
    def to(content: bytes, name: str = "f.xlsx", sheet: str = "") -> list[str]:
        with pytest.raises(InputError) as caught:
            read(content, name, sheet)
        start = f"{tmp_path / name}{sheet}: "
        return [str(problem).removeprefix(start) for problem in caught.value.problems]

    return to


# What is read


def test_dates_numbers_and_formulas_with_values(read) -> None:
    formula = '<c r="B3"><f>2*3</f><v>6</v></c>'
    first = (day("A2", JANUARY_2027), number("B2", 0.1))
    book = xlsx(rows(HEADER, first, (day("A3", FEBRUARY), formula), (day("A4", 46447), text("B4", "7"))))
    forecast = read(book)
    assert str(forecast.interval) == "month"
    assert forecast.amounts["gpus"].tolist() == [[0.1], [6.0], [7.0]]
    assert [str(start.date()) for start in forecast.starts] == ["2027-01-01", "2027-02-01", "2027-03-01"]


def test_hours_that_floating_point_days_miss_by_a_little(read) -> None:
    hours = [(day(f"A{row}", JANUARY_2027 + (row - 2) / 24), number(f"B{row}", 1.0)) for row in range(2, 26)]
    forecast = read(xlsx(rows(HEADER, *hours)))
    assert str(forecast.interval) == "hour"
    assert len(forecast.starts) == 24


def test_the_wide_form_with_numbers_as_names(read) -> None:
    head = (text("A1", "timestamp"), number("B1", 70.0), text("C1", "NA"))
    first = (text("A2", "2027-01-01"), number("B2", 1.0), number("C2", 2.0))
    forecast = read(xlsx(rows(head, first, (text("A3", "2027-01-02"), number("B3", 3.0), number("C3", 4.0)))))
    assert forecast.workloads == ("70", "NA")
    assert forecast.amounts["gpu_hours"].tolist() == [[1, 2], [3, 4]]


def test_a_sheet_by_name_and_the_first_by_default(read, problems) -> None:
    other = GOOD.replace("<v>5.0</v>", "<v>9.0</v>")
    book = xlsx(GOOD, other, names=("One", "Q1 #2"))
    assert read(book).amounts["gpus"][0, 0] == 5
    assert read(book, sheet="#Q1 #2").amounts["gpus"][0, 0] == 9
    assert problems(book, sheet="#Q1#2") == [
        "found 'Q1#2'; expected one of its sheets: One, Q1 #2 (did you mean 'Q1 #2'?)"
    ]


def test_empty_rows_and_columns_around_the_table_are_left_out(read, problems) -> None:
    head = f'<row r="3">{text("C3", "timestamp")}{text("D3", "gpus")}</row>'
    body = f'<row r="4">{day("C4", JANUARY_2027)}{number("D4", 1.0)}</row><row r="6">{day("C6", FEBRUARY)}'
    empty = '<row r="9"><c r="C9" s="1"/><c r="H9"></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert read(xlsx(head + body + number("D6", 2.0) + "</row>" + empty)).amounts["gpus"].tolist() == [[1], [2]]
    assert problems(xlsx(head + body + text("D6", "x") + "</row>" + empty)) == [
        "row 6, column gpus: found x; expected a number (digits only, such as 1200.5)"
    ]


def test_cells_that_do_not_say_where_they_are(read) -> None:
    plain = GOOD
    for row in (1, 2, 3):
        plain = plain.replace(f' r="A{row}"', "").replace(f' r="B{row}"', "").replace(f' r="{row}"', "")
    assert read(xlsx(plain)).amounts["gpus"].tolist() == [[5], [0.1]]


CELL = '<table:table-cell office:value-type="{0}" office:{1}="{2}"/>'
ODS_HEAD = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>timestamp</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>gpus</text:p></table:table-cell></table:table-row>'
)
ODS_TAIL = (
    '<table:table-row table:number-rows-repeated="1048573">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def ods_row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def ods_day(value: str) -> str:
    return CELL.format("date", "date-value", value)


def ods_number(value: str) -> str:
    return CELL.format("float", "value", value)


def test_open_document(read, problems) -> None:
    first = ods_row(ods_day("2027-01-01"), ods_number("5"))
    forecast = read(ods(ODS_HEAD + first + ods_row(ods_day("2027-02-01"), ods_number("6.5")) + ODS_TAIL), "f.ods")
    assert forecast.amounts["gpus"].tolist() == [[5], [6.5]]
    kind = 'office:value-type="string" calcext:value-type="error"'
    error = f"<table:table-cell {kind}><text:p>#DIV/0!</text:p></table:table-cell>"
    formula = '<table:table-cell table:formula="of:=1"/>'
    content = ODS_HEAD + first + ods_row(ods_day("2027-02-01"), error) + ods_row(ods_day("2027-03-01"), formula)
    assert problems(ods(content + ODS_TAIL), "f.ods") == [
        "row 3, column gpus: found #DIV/0!; expected a value, not an error (correct the formula, or write the value)",
        f"row 4, column gpus: {UNSTORED}",
    ]


# What is refused


UNSTORED = (
    "found a formula without a stored value; expected a value "
    "(open the file in Excel or LibreOffice and save it, which stores the values)"
)


def test_everything_wrong_with_cells_in_one_list(problems) -> None:
    book = xlsx(
        rows(
            HEADER,
            (day("A2", JANUARY_2027), '<c r="B2"><f>C2*2</f></c>'),
            (day("A3", FEBRUARY), '<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
            (day("A4", FEBRUARY + 28), text("B4", "1,200")),
            (number("A5", FEBRUARY + 59), '<c r="B5" t="b"><v>1</v></c>'),
            (day("A6", FEBRUARY + 89), '<c r="B6" t="str"><f>IF(1,"")</f><v></v></c>'),
            ('<c r="A7"><f>A6+31</f><v></v></c>', number("B7", -1.0)),
            (day("A8", FEBRUARY + 150), number("B8", float("inf")).replace("inf", "1E999")),
        )
    )
    assert problems(book) == [
        f"row 7, column timestamp: {UNSTORED}",
        f"row 2, column gpus: {UNSTORED}",
        "row 3, column gpus: found #DIV/0!; expected a value, not an error (correct the formula, or write the value)",
        "row 6, column gpus: expected a number, not an empty cell (write 0 where there is no demand)",
        "row 4, column gpus: found 1,200; expected a number (write 1200, without separators)",
        "row 5, column gpus: found TRUE; expected a number (digits only, such as 1200.5)",
        "row 8, column gpus: found inf; expected a finite number",
        "row 7, column gpus: found -1; expected a number of 0 or above",
        "row 5, column timestamp: found 46478; expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00 "
        "(in Excel's count of days that is 2027-04-01: format the column as a date, or write it so)",
    ]


def test_a_row_of_nothing_but_formulas_without_values_is_not_empty(problems) -> None:
    unstored = ('<c r="A2"><f>1</f></c>', '<c r="B2"><f>1</f></c>')
    assert problems(xlsx(rows(HEADER, unstored))) == [
        f"row 2, column timestamp: {UNSTORED}",
        f"row 2, column gpus: {UNSTORED}",
    ]


def test_many_formulas_without_values_are_counted(problems) -> None:
    body = [(day(f"A{row}", JANUARY_2027 + row), f'<c r="B{row}"><f>1</f></c>') for row in range(2, 40)]
    found = problems(xlsx(rows(HEADER, *body)))
    assert len(found) == 4
    assert found[-1] == "column gpus: found … and 35 more; expected a value"


def test_headers_that_are_merged_empty_or_errors(problems) -> None:
    merged = '<mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="F1:G1"/><mergeCell ref="A2:A3"/></mergeCells>'
    head = (text("A1", "timestamp"), text("B1", "a"))
    body = (day("A2", JANUARY_2027), number("B2", 1.0), number("C2", 1.0)), (number("B3", 1.0), number("C3", 1.0))
    found = problems(xlsx(rows(head, *body), after=merged))
    fix = "(unmerge them, and fill in every cell)"
    assert found == [
        f"row 1: found merged cells B1:C1; expected a name of its own for every column {fix}",
        f"row 2: found merged cells A2:A3; expected a value in every cell {fix}",
        "row 1, column 3 (without a name): expected the name of a workload "
        "(name it; pandas leaves its index out with to_csv(…, index=False))",
        "row 3, column timestamp: expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00, not an empty cell",
    ]
    error = '<c r="B1" t="e"><v>#REF!</v></c>'
    found = problems(xlsx(rows((text("A1", "timestamp"), error), (day("A2", JANUARY_2027), number("B2", 1.0)))))
    assert "row 1, column 2: found #REF!; expected a value, not an error" in found[0]


def test_empty_sheets(problems) -> None:
    assert problems(xlsx("")) == ["sheet One: found nothing; expected a header, and rows below it"]
    (problem,) = problems(xlsx("", GOOD))
    assert problem.endswith("(name another as FILE#SHEET)")
    assert problems(xlsx(rows(HEADER))) == ["row 2: expected at least one row below the header"]


def test_no_such_file_and_passwords(tmp_path: Path, problems) -> None:
    with pytest.raises(InputError, match="there is none"):
        read_forecast(tmp_path / "no.xlsx")
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert "a file with a password, or of the old format" in problems(old)[0]


# What is hostile


def test_sheets_with_a_cell_at_the_far_end_are_refused_before_they_are_laid_out(problems) -> None:
    for far in (
        f'<row r="1048576">{number("XFD1048576", 1.0)}</row>',
        '<row r="900000000"><c><v>1</v></c></row>',
        '<row><c x=">" r="XFD1048576"><v>1</v></c></row>',
        "<x:row xmlns:x=\"u\"><x:c r = 'XFD1048576'><v>1</v></x:c></x:row>",
    ):
        (problem,) = problems(xlsx(GOOD + far))
        assert "found a used area of" in problem


def test_open_document_repetitions_are_counted_in_every_sheet(problems) -> None:
    repeated = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" '
        'office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert "found a used area of 1,048,577 rows and 16,384 columns" in problems(ods(ODS_HEAD + repeated), "f.ods")[0]


def test_bombs_are_refused_by_what_the_archive_states(problems, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({"xl/workbook.xml": "x", "xl/media/a.bin": b"\0" * 11 * 2**20})
    assert "xl/media/a.bin, which unpacks to 1,0" in problems(bomb)[0]
    monkeypatch.setattr(workbook_archive, "MOST_UNPACKED", 1000)
    assert "expected a workbook of at most 1,000 bytes unpacked" in problems(xlsx(GOOD))[0]


def test_bombs_are_refused_though_the_archive_states_less(problems) -> None:
    content = bytearray(packed({"xl/workbook.xml": b"\0" * 500_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = struct.pack("<I", 100)
    assert "xl/workbook.xml states 100 bytes and holds 500,000" in problems(bytes(content))[0]


def test_parts_whose_names_differ_only_in_case(problems) -> None:
    stream = io.BytesIO(xlsx(GOOD))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("XL/worksheets/Sheet1.xml", "<worksheet/>")
    assert "two parts have the same name" in problems(stream.getvalue())[0]


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_damaged_workbooks_are_forecasts_or_problems(data: st.DataObject, tmp_path_factory) -> None:
    """Bytes of the archive, or of the XML in it, changed or cut off."""
    kind = data.draw(st.sampled_from(["f.xlsx", "f.ods"]))
    whole = xlsx(GOOD) if kind == "f.xlsx" else ods(ODS_HEAD + ods_row(ods_day("2027-01-01"), ods_number("5")))
    if data.draw(st.booleans()):
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = data.draw(st.sampled_from(sorted(parts)))
        parts[name] = _damaged(data, parts[name])
        content = packed(parts)
    else:
        content = _damaged(data, whole)
    path = tmp_path_factory.mktemp("damaged") / kind
    path.write_bytes(content)
    try:
        forecast = read_forecast(path)
    except InputError:
        return
    assert len(forecast.starts) >= 1


def _damaged(data: st.DataObject, content: bytes) -> bytes:
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    piece = data.draw(st.sampled_from([b"", b"\0", b"\xff\xff", b"<", b'"', b"99999999", b"/>", b"&x;", b'r="ZZ9"']))
    return content[:at] if data.draw(st.integers(0, 4)) == 0 else content[:at] + piece + content[at + len(piece) :]


def test_old_workbooks_that_would_end_the_process(problems, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that states a size beyond all memory; and a reader that dies of whatever it is."""
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    header[24:34] = struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header[44:48] = header[64:68] = header[72:76] = struct.pack("<I", 0xFFFFFFF0)
    assert "expected a workbook that can be read (" in problems(bytes(header), "f.xls")[0]
    monkeypatch.setattr("sys.executable", "false")
    assert problems(bytes(header), "f.xls") == ["expected a workbook that can be read (it is damaged)"]


def test_calamine_is_imported_for_workbooks_only() -> None:
    code = (
        "import sys, pandas; from planner.forecast.read import read_forecast; "
        "read_forecast(pandas.DataFrame({'timestamp': ['2027-01-01', '2027-01-02'], 'gpus': [1, 2]})); "
        "sys.exit('python_calamine' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
