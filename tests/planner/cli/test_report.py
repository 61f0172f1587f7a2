"""What the report of a plan says, at every width."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fake_plan import FakePlan, frame, full_plan
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from planner.assumptions.loaded import Default
from planner.terminal.schedule import MOST_ROWS, PeriodRow, join_quiet, readable
from planner.terminal.text import at_most_percent, clean, gap_words, money, number, percent, price


def flat(text: str) -> str:
    return " ".join(text.split())


def part(text: str, title: str) -> str:
    """One section: from its title to the next empty line."""
    return re.split(r"\n\s*\n", text[text.index(f"\n{title}") + 1 :])[0]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_fits_every_width(report, width):
    for plan in (full_plan(36), FakePlan(), full_plan(server="s" * 90, workload="w" * 90)):
        text = report(plan, width)
        if width >= 60:
            assert max(cell_len(line) for line in text.splitlines()) <= width
        assert "Total cost" in text
        assert not re.search(r"[\u2500-\u257f\x1b]", text), "no box drawing, no colour"
        assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_figures_are_never_cut(report, width):
    text = report(full_plan(), width)
    for figure in ("1,450,000", "-1,565,474", "866,880", "40,000", "1,510,000"):
        assert figure in text
    assert "…" not in re.sub(r"\d\d …", "", text)


def test_width_of_files_is_120(report):
    lines = report(full_plan(60)).splitlines()
    assert 100 < max(map(len, lines)) <= 120


def test_headline(report):
    text = flat(report(full_plan()))
    assert "Plan lab-2027: Research team of 40" in text
    assert "2027-01 … 2027-12, 12 months" in text
    assert "Total cost 1,000,000 USD, discounted at 8 %* a year (971,420 USD undiscounted)" in text
    assert "No plan can be more than 0.01 % cheaper: proven" in text
    assert "saves 250,000 USD (20 %) against all on-demand (1,250,000 USD)" in text
    assert "costs the same as all cloud" in text
    assert "no plan for all local: the power limit of lab (250 kW) binds" in text


def test_a_baseline_that_is_cheaper_and_loose_is_told_so(report):
    plan = replace(full_plan(), baselines=frame("baselines", [("all cloud", 900_000.0, -100_000.0, 0.02, None)]))
    assert "costs 100,000 USD (11.1 %) more than all cloud (900,000 USD, proven to 2 %)" in flat(report(plan))


@pytest.mark.parametrize(
    ("status", "gap", "said"), [("optimal", 0.0, True), ("within_gap", 1e-5, False), ("time_limit", 0.1, False)]
)
def test_the_word_optimal_needs_the_status(report, status, gap, said):
    assert ("optimal" in report(replace(full_plan(), status=status, gap=gap)).lower()) is said


def test_no_discounting(report):
    plan = replace(full_plan(), inputs={"assumptions": {"finance": {"discount_rate": 0}}}, defaults=())
    assert "Total cost 1,000,000 USD, not discounted" in report(plan)
    plan = replace(full_plan(), inputs={}, defaults=())
    assert "1,000,000 USD, discounted (971,420 USD undiscounted)" in report(plan)


def test_what_to_order_now(report):
    text = flat(part(report(full_plan(), 200), "What to order"))
    assert text.startswith("What to order now: 2027-01, by 2027-01-01")
    assert "order 5 servers hgx-h100-8* = 40 GPUs for lab, in service 2027-04: 5 × 302,000 USD = 1,510,000 USD" in text
    assert "commit to 1 × aws-p5.48xlarge 1y-all-upfront* = 8 GPUs until 2027-12: 1 × 283,474 USD" in text
    assert "Next: 2027-06 2 × hgx-h100-8* (16 GPUs)" in text


def test_many_later_orders_are_one_line(report):
    rows = [(label, "lab", "hgx", 1.0, 8.0, "x", 5.0) for label in full_plan().calendar.labels]
    text = flat(part(report(replace(full_plan(), purchases=frame("purchases", rows)), 200), "What to order"))
    assert "and in 8 further periods" in text


def test_nothing_to_order(report):
    assert "Nothing to buy and nothing to commit to" in report(FakePlan())


def test_schedule_joins_quiet_periods(report):
    text = part(report(full_plan(60), 200), "Schedule")
    assert re.search(r"2027-04 … 2027-05 +5 servers = 40 GPUs +1,200", text)
    assert re.search(r"2027-06 +order 2 servers hgx-h100-8\* = 16 GPUs for lab, in service 2027-09", text)
    assert "2028-01 … 2031-12" in text
    assert len(text.splitlines()) < 25


def test_schedule_without_spot_or_unserved_has_no_such_columns(report):
    plan = full_plan()
    plan = replace(plan, rentals=plan.rentals[plan.rentals.option == "on_demand"])
    head = part(report(plan), "Schedule").splitlines()[1]
    assert "On demand" in head
    assert "Spot" not in head
    assert "Unserved" not in head


def test_unserved_is_told_in_the_headline_and_by_period(report):
    plan = replace(full_plan(), unserved=frame("unserved", [("2027-02", "chat-70b", 12.0), ("2027-02", "x", 3.0)]))
    text = report(plan)
    assert "Unserved: 12 reference GPU-hours of chat-70b" in text
    assert re.search(r"2027-02 .* 15$", part(text, "Schedule"), re.MULTILINE)


def test_options(report):
    text = part(report(full_plan()), "Options considered")
    assert re.search(r"hgx-h100-8 at lab\* +yes +2.13 +300,000 +75 % +bought twice", text)
    assert re.search(r"azure-nd96 on-demand +no +not known +- +- +dearer", text)
    assert "0.00" not in text
    assert "- azure-nd96 on-demand: dearer" in report(full_plan(), 80)


def test_costs_add_up_and_have_shares(report):
    text = part(report(full_plan()), "Cost by component")
    assert re.search(r"servers\* +1,450,000 +1,450,000 +145 %", text)
    assert re.search(r"resale +-1,600,000 +-1,565,474 +-156.5 %", text)
    assert re.search(r"total +971,420 +1,000,000 +100 %", text)
    assert "egress" not in text


def test_idle_capacity_is_a_row_of_its_own(report):
    text = part(report(full_plan()), "Use of what is held")
    held = 5 * 8 * sum((720, 744, 720, 744, 744)) + 7 * 8 * sum((720, 744, 720, 744))
    assert re.search(rf"lab/hgx-h100-8\* +{held:,} +100 %", text)
    assert re.search(rf"used by chat-70b +{held * 0.75:,.0f} +75 %", text)
    assert re.search(rf"idle, paid for +{held * 0.25:,.0f} +25 %", text)


def test_rented_hours_times_price(report):
    assert re.search(r"aws-p5.48xlarge on-demand +126,000 +× 6.88 +866,880", report(full_plan()).replace("= ", ""))


def test_obligations_reasons_and_warnings(report):
    text = report(full_plan())
    assert re.search(r"maintenance of 7 servers +2031-12 +120,000", text)
    assert "- the seventh server saves 12,000 USD" in part(text, "Why")
    assert "- the load is flat: its peaks are invisible" in part(text, "Warnings")


def test_an_obligation_of_nothing_is_none(report):
    plan = replace(full_plan(), obligations_after_end=frame("obligations_after_end", [("fees", "2031-12", 0.0)]))
    assert "Obligations" not in report(plan)
    plan = replace(full_plan(), obligations_after_end=frame("obligations_after_end", [("fees", "2031-12", None)]))
    assert re.search(r"fees +2031-12 +not known", report(plan))


def test_cost_components_in_the_order_of_the_format(report):
    text = part(report(replace(full_plan(), costs=full_plan().costs.iloc[::-1])), "Cost by")
    names = re.findall(r"^(servers|resale|electricity|on demand|reserved upfront)", text, re.MULTILINE)
    assert names == ["servers", "resale", "electricity", "on demand", "reserved upfront"]


def test_empty_sections_are_left_out(report):
    text = report(FakePlan())
    for title in ("Warnings", "Why", "Obligations", "Rented by the hour", "Use of what", "* not given"):
        assert f"\n{title}" not in text


class TestMarks:
    def test_footnote_counts_by_origin(self, report):
        text = flat(part(report(full_plan()), "* not given in your files"))
        assert "2 from the planner's catalogue" in text
        assert "2 defaults of the file format" in text
        assert "plan.json, inputs.defaults" in text

    def test_the_users_own_figures_are_not_marked(self, report):
        assert "*" not in report(replace(full_plan(), defaults=()))

    def test_a_default_of_nothing_marks_nothing(self, report):
        zero = Default("cloud.aws-p5.48xlarge.reserved.1y-all-upfront.upfront", 0, "", "default")
        text = report(replace(full_plan(), defaults=(zero,)))
        assert "1y-all-upfront*" not in text

    def test_each_kind_of_option_has_its_own_mark(self, report):
        defaults = (Default("cloud.aws-p5.48xlarge.spot.price", 23.12, "", "catalogue"),)
        text = part(report(replace(full_plan(), defaults=defaults)), "Options considered")
        assert "aws-p5.48xlarge spot*" in text
        assert text.count("*") == 1

    def test_a_figure_of_something_not_used_marks_no_cost(self, report):
        defaults = (Default("servers.other.price", 5, "", "catalogue"),)
        assert "servers*" not in report(replace(full_plan(), defaults=defaults))


class TestHostileNames:
    NAME = "[bold red]x[/bold red]\x1b[31m\u202e\r\n\x07:smile: [/]"

    @pytest.mark.parametrize("width", [60, 120])
    def test_names_are_data(self, report, width):
        plan = full_plan(server=self.NAME, workload=self.NAME)
        plan = replace(plan, name=self.NAME, warnings=(self.NAME,), currency="[b]X")
        text = report(plan, width)
        assert "[bold red]x[/bold red][31m" in text.replace("\n", "") or width == 60
        assert ":smile:" in text
        assert "[b]X" in text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)

    @given(st.text())
    def test_clean_leaves_nothing_that_steers(self, text):
        assert clean(text).isprintable() or all(c.isprintable() or not c.isascii() for c in clean(text))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", clean(text))


def test_the_schedule_has_tokens_of_apis_and_hours_drawn_from_promises(report):
    """Two million tokens in each period from the third on; 500 GPU-hours drawn from `sp` in the first."""
    used = [(f"2027-{m:02d}", "gpt", "chat", 1.5e6, 5e5, 9.0) for m in range(3, 13)]
    plan = replace(
        FakePlan(),
        api_use=frame("api_use", used),
        rentals=frame("rentals", [("2027-01", "rent", "sp", "chat", 500.0, 0.0)]),
    )
    text = part(report(plan), "Schedule")
    assert re.search(r"Period +(In service +)?Drawn +API, M tokens\n", text)
    assert re.search(r"2027-01 +500 +-", text)
    assert re.search(r"2027-03 … 2027-12 +- +2\n", text)
    assert "GPU-hours per period, but for APIs; drawn: rented with the money promised" in flat(text)
    assert "Drawn" not in part(report(full_plan()), "Schedule")


class TestJoining:
    rows = st.lists(
        st.builds(
            lambda act, held, hours: PeriodRow("a", "a", ("order",) * act, (held,), ((hours, hours),)),
            st.booleans(),
            st.sampled_from("xy"),
            st.floats(0, 1000),
        ),
        max_size=60,
    )

    @given(rows, st.sampled_from([0.0, 0.1, float("inf")]))
    def test_nothing_is_lost(self, rows, tolerance):
        rows = [replace(row, first=str(index), last=str(index)) for index, row in enumerate(rows)]
        joined = join_quiet(rows, tolerance)
        covered = [index for row in joined for index in range(int(row.first), int(row.last) + 1)]
        assert covered == list(range(len(rows)))
        for row in joined:
            inside = rows[int(row.first) : int(row.last) + 1]
            assert row.rented == ((min(r.rented[0][0] for r in inside), max(r.rented[0][1] for r in inside)),)
            assert {r.in_service for r in inside} == {row.in_service}
            assert len(inside) == 1 or not any(r.actions for r in inside)

    def test_five_years_of_growing_demand_stay_readable(self):
        hours = [1000 * 1.03**month for month in range(60)]
        rows = [PeriodRow(str(m), str(m), (), ("5 servers",), ((h, h),)) for m, h in enumerate(hours)]
        assert 1 < len(readable(rows)) <= MOST_ROWS

    def test_few_periods_are_not_joined_unless_identical(self):
        rows = [PeriodRow(str(m), str(m), (), (), ((h, h),)) for m, h in enumerate((100.0, 100.0, 104.0))]
        assert [(row.first, row.last) for row in readable(rows)] == [("0", "1"), ("2", "2")]


class TestText:
    @pytest.mark.parametrize(
        ("made", "expected"),
        [
            (money(None, "USD"), "not known"),
            (money(float("nan"), "USD"), "not known"),
            (money(0.0, "USD"), "0.00 USD"),
            (money(-0.001), ">-0.01"),
            (money(12345.6), "12,346"),
            (money(9999.99), "9,999.99"),
            (price(None), "not known"),
            (price(0.00012), "0.00012"),
            (price(0.0), "0.00"),
            (number(2.0000000001), "2"),
            (number(1 / 3), "0.33"),
            (percent(-0.0), "0 %"),
            (percent(0.999), "99.9 %"),
            (gap_words("within_gap", float("inf")), "how much cheaper a plan could be is not known: there is no bound"),
        ],
    )
    def test_figures(self, made, expected):
        assert made == expected

    @given(st.floats(1e-9, 0.999))
    def test_a_gap_is_never_understated(self, gap):
        shown = float(at_most_percent(gap).removesuffix(" %")) / 100
        assert gap <= shown * (1 + 1e-9) <= max(gap * 1.11, 1.1e-6), "below 1e-6 it is called optimal"
