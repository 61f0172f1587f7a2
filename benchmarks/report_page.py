"""How large a report's page is and how long it takes: 240 periods, 40 supplies, 16 workloads, figures made up.

`python benchmarks/report_page.py`
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "planner" / "report"))


def main() -> None:
    from made_plans import made_plan

    with TemporaryDirectory() as folder:
        (Path(folder) / "plan.json").write_text(
            json.dumps(made_plan(periods=240, supplies=40, workloads=16, more=True))
        )
        clock, process = time.perf_counter(), time.process_time()
        from planner.report import draw
        from planner.report.content import content_of
        from planner.report.page import html_page
        from planner.report.pictures import Pictures
        from planner.report.source import plan_document

        document = plan_document(folder)
        contents = {name: draw.specification(chart) for name, chart in Pictures(document).all().items()}
        images = {name: draw.svg(content) for name, content in contents.items()}
        page = html_page(content_of(document, date(2026, 11, 24)), contents, images).encode("utf-8")
        seconds, own = time.perf_counter() - clock, time.process_time() - process
    print(f"{len(page) / 1e6:.2f} MB, {seconds:.1f} s ({own:.1f} s of this process's own time)")


if __name__ == "__main__":
    main()
