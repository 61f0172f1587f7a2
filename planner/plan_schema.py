"""What plan.json holds, key by key: from here its JSON Schema and its reference in `docs/` are generated.

`python -m planner.plan_schema` writes both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.assumptions.durations import PeriodUnit
from planner.result import SCHEMA, STATUSES

SCHEMA_FILE = Path(__file__).parent / "schemas" / "plan.schema.json"
REFERENCE_FILE = Path(__file__).parent.parent / "docs" / "reference-plan.md"


@dataclass(frozen=True)
class Column:
    """A column of a table of the plan."""

    name: str
    type: str
    """text, number, number or null, true or false."""
    meaning: str
    unit: str = ""


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning)


def _number(name: str, meaning: str, unit: str, *, absent: bool = False) -> Column:
    return Column(name, "number or null" if absent else "number", meaning, unit)


_PERIOD = _text("period", "label of the period")
_POOL = _text("pool", "`site/server`, or `offer/option`")
_WORKLOAD = _text("workload", "name of the workload")
_OFFER = _text("offer", "name of the cloud offer")
_GPUS = _number("gpus", "GPUs of these units", "GPUs")
_MONEY = "currency, undiscounted"

TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "purchases": (
        "Server orders, one row per order.",
        (
            _PERIOD,
            _text("site", "where they will stand"),
            _text("server", "model"),
            _number("count", "servers ordered", "servers"),
            _GPUS,
            _text("in_service", "label of the first period in service"),
            _number("cost", "price and installation, paid in this period", _MONEY),
        ),
    ),
    "commitments": (
        "Reservations, one row per purchase.",
        (
            _PERIOD,
            _OFFER,
            _text("option", "reserved option"),
            _number("count", "instances", "instances"),
            _GPUS,
            _text("until", "label of the last period of the term; may lie beyond the horizon"),
            _number("cost", "upfront and the hourly fees of the whole term, without support", _MONEY),
        ),
    ),
    "spend_commitments": (
        "Money per hour promised for a term, paid in every hour of it, drawn or not; one row per promise.",
        (
            _PERIOD,
            _text("name", "name"),
            _number("amount_per_hour", "promised", "currency per hour"),
            _text("until", "label of the last period of the term; may lie beyond the horizon"),
            _number("cost", "of the whole term, without support", _MONEY),
        ),
    ),
    "capacity": (
        "Units in service, where there are any.",
        (_PERIOD, _POOL, _number("units", "servers or instances", "units"), _GPUS),
    ),
    "rentals": (
        "Hours rented.",
        (
            _PERIOD,
            _OFFER,
            _text("option", "on_demand, spot, or the spend commitment that pays"),
            _WORKLOAD,
            _number("gpu_hours", "rented, lost work included", "GPU-hours"),
            _number("cost", "at the price of the period; 0 where a spend commitment pays", _MONEY),
        ),
    ),
    "api_use": (
        "Tokens bought from APIs.",
        (
            _PERIOD,
            _text("api", "name"),
            _WORKLOAD,
            _number("input_tokens", "bought", "tokens"),
            _number("output_tokens", "bought", "tokens"),
            _number("cost", "paid", _MONEY),
        ),
    ),
    "sales": (
        "Servers sold at the start of the period, before the end of their life and of the horizon.",
        (
            _PERIOD,
            _text("site", "where they stood"),
            _text("server", "model"),
            _number("count", "servers sold", "servers"),
            _text("acquired", "label of the period of the order, or `fleet 1` (number of the entry in the fleet)"),
            _number("amount", "received", _MONEY),
        ),
    ),
    "use": (
        "What ran on owned servers and reservations.",
        (
            _PERIOD,
            _POOL,
            _WORKLOAD,
            _number("gpu_hours", "GPUs occupied × hours", "GPU-hours"),
            _number("share_of_capacity", "of the pool's GPU-hours in the period", "share"),
        ),
    ),
    "unserved": (
        "Demand left undone, at its penalty.",
        (_PERIOD, _WORKLOAD, _number("gpu_hours", "left undone", "reference GPU-hours")),
    ),
    "costs": (
        "Cost lines; their `discounted` sums to total_cost.",
        (
            _PERIOD,
            _text("component", "such as servers, electricity, on_demand; resale is negative"),
            _number("amount", "paid", _MONEY),
            _number("discounted", "its value at the horizon's start", "currency"),
        ),
    ),
    "workload_costs": (
        "What each workload costs; pools are shared by GPU-hours used. What nobody used, and what the fleet brings "
        "when it is sold, are rows of their own.",
        (
            _WORKLOAD,
            _number("amount", "over the horizon", _MONEY),
            _number("per_month", "of the horizon, on average", _MONEY),
            _number("per_gpu_hour", "per reference GPU-hour served", "currency", absent=True),
            _number("per_million_tokens", "for forecasts in tokens", "currency", absent=True),
        ),
    ),
    "obligations_after_end": (
        "Fees that fall due after the horizon.",
        (
            _text("what", "in words"),
            _text("until", "label of the last period"),
            _number("amount", "still to be paid", _MONEY),
        ),
    ),
    "marginals": (
        "What one more costs (savings are negative), in currency of its period unless the unit says other.",
        (
            _PERIOD,
            _text("what", "demand of a workload, an order, a limit"),
            _text("at", "peak, median or valley hour of the period, by the workload's demand; best period of an order"),
            _number("amount", "null where no more could be served", "", absent=True),
            _text("unit", "per what, and what stays fixed"),
        ),
    ),
    "baselines": (
        "The best plan under a restriction, or why there is none.",
        (
            _text("name", "all on-demand, all cloud, all local"),
            _number("total_cost", "of that plan, discounted", "currency", absent=True),
            _number("saving", "what the plan costs less", "currency", absent=True),
            _number("gap", "proven for the baseline", "share", absent=True),
            Column("reason", "text or null", "why it cannot be had"),
        ),
    ),
    "options": (
        "Everything that could be bought, reserved or rented.",
        (
            _text("name", "`site/server`, or `offer/option`"),
            _text("kind", "server, reserved, on_demand, spot, drawn or api"),
            _text("owner", "server, offer or API"),
            _text("place", "site, option or spend commitment"),
            Column("chosen", "true or false", "is it part of the plan?"),
            _number("cost_per_gpu_hour", "at its planned use; at full use if not chosen", "currency", absent=True),
            _number("gpu_hours", "used", "GPU-hours"),
            _number("utilisation", "used of what is held", "share", absent=True),
            _number(
                "enters_below",
                "price below which it enters the plan, by reruns or proof; null where chosen, where it was not found "
                "(`text` says why) and where reruns were not asked for",
                "as price",
                absent=True,
            ),
            _number("price", "its price now, before discounts; null where it is chosen or barred", "", absent=True),
            _text("price_key", "key of that price in the assumptions; of two keys, both fall alike"),
            _text("text", "in words: why it is not used"),
        ),
    ),
    "cost_details": (
        "The cost lines over the horizon as quantity × average unit price; sums to `costs`, component by component.",
        (
            _text("component", "as in `costs`"),
            _text("supply", "`site/server`, or `offer/option`; a workload for work left undone"),
            _number("quantity", "of what is counted", "its unit"),
            _text("unit", "what is counted: servers, server-years, instance-hours, GPU-hours, …"),
            _number("unit_price", "amount / quantity: average over the horizon", "currency per unit", absent=True),
            _number("amount", "paid", _MONEY),
            _number("discounted", "its value at the horizon's start", "currency"),
        ),
    ),
    "baseline_costs": (
        "What each baseline costs, period by period; `discounted` sums to its total_cost.",
        (
            _text("name", "as in `baselines`"),
            _PERIOD,
            _number("amount", "paid", _MONEY),
            _number("discounted", "its value at the horizon's start", "currency"),
        ),
    ),
    "load": (
        "GPUs occupied on all supplies, and reference GPUs' worth of work left undone.",
        (
            _PERIOD,
            _number("average_gpus", "over the period's hours", "GPUs"),
            _number("peak_gpus", "in its busiest hour", "GPUs"),
        ),
    ),
    "load_duration": (
        "Hours of a period from the busiest to the quietest, in at most 40 parts: the first, busiest and last period.",
        (
            _PERIOD,
            _number("share_from", "where the part begins", "share of the period's hours"),
            _number("share_to", "where it ends", "share of the period's hours"),
            _text("supply", "`site/server`, `offer/option`, or `(unserved)`"),
            _number("gpus", "carried on average in that part", "GPUs"),
        ),
    ),
    "screening": (
        "What a reference GPU of each supply costs by its hours of use, for the workload with the most demand.",
        (
            _WORKLOAD,
            _text("name", "`site/server`, or `offer/option`"),
            _text("kind", "server, reserved, on_demand, spot, drawn or api"),
            _number("fixed_per_gpu_year", "ordered as early as possible, over its time inside the horizon", _MONEY),
            _number("per_gpu_hour", "of use, average of the periods", _MONEY),
        ),
    ),
}

_TYPES: dict[str, Any] = {
    "text": {"type": "string"},
    "text or null": {"type": ["string", "null"]},
    "number": {"type": "number"},
    "number or null": {"type": ["number", "null"]},
    "true or false": {"type": "boolean"},
}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of plan.json."""
    number, text = {"type": "number"}, {"type": "string"}
    head = {
        "schema": {"const": SCHEMA},
        "run": text,
        "name": text,
        "status": {"enum": list(STATUSES)},
        "total_cost": number | {"description": "discounted, at full hourly resolution"},
        "bound": {"type": ["number", "null"], "description": "no plan costs less"},
        "gap": {"type": ["number", "null"], "description": "(total_cost − bound) / max(|total_cost|, 1)"},
        "proof": _object({"path": {"enum": ["no orders", "written out", "cuts"]}, "rounds": {"type": "integer"}})
        | {"description": "how the hours were dealt with, and in how many turns the gap was closed"},
        "currency": text,
        "horizon": _object(
            {"period": {"enum": [unit.value for unit in PeriodUnit]}, "start": text, "periods": {"type": "integer"}}
        )
        | {"description": "how many periods of which unit are planned, and when the first begins (UTC)"},
    }
    tables = {
        name: {
            "description": meaning,
            "type": "array",
            "items": _object({c.name: _TYPES[c.type] | {"description": _meaning(c)} for c in columns}),
        }
        for name, (meaning, columns) in TABLES.items()
    }
    check = _object({"name": text, "passed": {"type": "boolean"}, "detail": text})
    tail = {
        "reasons": {"type": "array", "items": _object({"text": text})},
        "warnings": {"type": "array", "items": text},
        "audit": _object({"passed": {"type": "boolean"}, "checks": {"type": "array", "items": check}}),
        "inputs": {"type": "object", "description": "everything needed to make the same plan again"},
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Plan", **_object(head | tables | tail)}


def _meaning(column: Column) -> str:
    return f"{column.meaning} [{column.unit}]" if column.unit else column.meaning


def plan_reference() -> str:
    """The reference of the plan's tables, as Markdown."""
    lines = [
        "# The plan, table by table",
        "",
        "Generated from `planner/plan_schema.py` by `make docs`.",
        "Each table is a list in `plan.json` and a CSV file beside it.",
    ]
    for name, (meaning, columns) in TABLES.items():
        lines += ["", f"## {name}", "", meaning, "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} |" for c in columns]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    SCHEMA_FILE.write_text(json.dumps(plan_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    REFERENCE_FILE.write_text(plan_reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
