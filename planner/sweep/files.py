"""What a sweep leaves in its folder beside the rows: the frame, the answers, pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from planner.report.names import PICTURES
from planner.report.sensitivity import ANSWERS
from planner.sweep.answers import Answers
from planner.sweep.frame import write
from planner.sweep.rendering import as_json, sentences
from planner.sweep.run import Swept


def write_all(swept: Swept, answers: Answers, folder: Path) -> None:
    """Write them. Raises InputError where that cannot be done."""
    from planner.report import draw
    from planner.report.write import write_files
    from planner.sweep.pictures import pictures

    write(swept, folder)
    specifications = {name: draw.specification(chart) for name, chart in pictures(swept, answers).items()}
    said: dict[str, Any] = as_json(answers) | {
        "run_id": swept.question.run.id,
        "sentences": list(sentences(answers)),
        "pictures": specifications,
    }
    files = {ANSWERS: json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8")}
    for name, specification in specifications.items():
        files[f"{PICTURES}/{name}.svg"] = draw.svg(specification).encode("utf-8")
        files[f"{PICTURES}/{name}.png"] = draw.png(specification)
    write_files(folder, files)
