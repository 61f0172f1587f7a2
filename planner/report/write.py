"""The files of a report: a page, a workbook, pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from planner.problems import InputError, Problem
from planner.report.names import PAGE, PICTURES, WORKBOOK
from planner.report.sensitivity import Sensitivity, pictures_of
from planner.report.source import PlanDocument


def report_files(document: PlanDocument, today: date, sensitivity: Sensitivity | None = None) -> dict[str, bytes]:
    """Every file of a report by its name, pictures as `pictures/NAME.svg` and `.png`.

    today: the day from which ages of prices are counted. The same document and day give the same page and pictures.
    """
    from planner.report import draw
    from planner.report.content import content_of
    from planner.report.page import html_page
    from planner.report.pictures import Pictures
    from planner.report.workbook import workbook_bytes

    content = content_of(document, today, sensitivity)
    specifications = {name: draw.specification(chart) for name, chart in Pictures(document).all().items()}
    specifications |= pictures_of(sensitivity)
    images = {name: draw.svg(specification) for name, specification in specifications.items()}
    page = html_page(content, specifications, images).encode("utf-8")
    files = {PAGE: page, WORKBOOK: workbook_bytes(content, document.head.total_cost)}
    for name, specification in specifications.items():
        files[f"{PICTURES}/{name}.svg"] = images[name].encode("utf-8")
        files[f"{PICTURES}/{name}.png"] = draw.png(specification)
    return files


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, each in one piece. Raises InputError where that cannot be done."""
    try:
        for name, content in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            [Problem(str(folder), "", reason, "a folder that can be written", "choose one with -o")]
        ) from error


def _write(target: Path, content: bytes) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def file_problems(folder: Path, force: bool) -> list[Problem]:
    """What is in the way of a report in a folder: files that it would overwrite, unless `force`, or no folder."""
    if folder.exists() and not folder.is_dir():
        return [Problem(str(folder), "", "a file", "a folder", "choose another with -o")]
    taken = [name for name in (PAGE, WORKBOOK, PICTURES) if (folder / name).exists()]
    if taken and not force:
        return [
            Problem(str(folder / name), "", "there already", "no report in the folder", "or add --force")
            for name in taken
        ]
    return []
