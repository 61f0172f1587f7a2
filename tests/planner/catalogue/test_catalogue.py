from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from planner.assumptions.durations import Duration
from planner.assumptions.figures import dotted, leaves, wrap
from planner.assumptions.load import load
from planner.catalogue.listing import Kind, figures, rows
from planner.catalogue.reader import catalogue
from planner.problems import InputError

NAMES_ONLY = {"provider", "region", "gpu", "reference_gpu"}
"""Keys that say what an entry is: no figures."""

PER_GPU_HOUR = {"H100": (1.2, 15), "H200": (1.5, 8), "B200": (3, 15), "A100": (0.8, 4.5), "A100-80GB": (0.8, 6),
                "L40S": (0.3, 2), "L4": (0.2, 1.2), "A10G": (0.2, 2.1), "RTX4090": (0.2, 1), "V100": (0.8, 3.2),
                "T4": (0.1, 1), "H100-NVL": (1.2, 8), "GB200": (6, 13),
                "RTX5090": (0.4, 1.5)}  # fmt: skip
PER_GPU = {"H100": (24e3, 65e3), "H200": (40e3, 70e3), "B200": (50e3, 80e3), "A100-80GB": (9e3, 25e3),
           "L40S": (9e3, 15e3), "L4": (2.5e3, 9e3), "MI300X": (15e3, 40e3), "RTX4090": (2e3, 5e3),
           "RTX5090": (4e3, 8e3), "RTXPRO6000": (10e3, 16e3)}  # fmt: skip


def entries():
    book = catalogue()
    for section in ("servers", "cloud", "workloads", "sites"):
        for name, entry in book.entries(section).items():
            yield pytest.param(section, name, entry, id=f"{section}.{name}")


@pytest.mark.parametrize(("section", "name", "entry"), list(entries()))
def test_every_figure_has_a_source_and_a_date(section, name, entry):
    tree, problems = wrap(dict(entry), "catalogue", catalogue=True)
    assert problems == []
    for path, leaf in leaves(tree):
        if path[-1] in NAMES_ONLY:
            continue
        assert leaf.source is not None, dotted(path)
        assert leaf.source.source, dotted(path)
        assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", leaf.source.as_of), dotted(path)
        assert "/" not in leaf.source.source.replace(" / 730 h", ""), "a source is a description, not a path"


def test_everything_loads_at_once():
    book = catalogue()
    source = {"version": 1} | {
        section: {name: {} for name in book.entries(section)} for section in ("servers", "cloud", "workloads", "sites")
    }
    loaded = load(source, list(book.workloads))
    assert len(loaded.assumptions.cloud) >= 40
    assert len(loaded.assumptions.servers) >= 12
    assert len(loaded.assumptions.workloads or {}) >= 10
    assert len(loaded.assumptions.sites) >= 6


def test_the_range_that_is_covered():
    book = catalogue()
    assert {entry["provider"] for entry in book.cloud.values()} == {
        "aws", "azure", "gcp", "lambda", "runpod", "coreweave",
    }  # fmt: skip
    assert {("RTX4090", 1), ("B200", 8)} <= {(entry["gpu"], entry["gpus"]["value"]) for entry in book.servers.values()}
    options = [row for row in rows() if row.kind is Kind.OFFER]
    assert sum(row.option == "on_demand" for row in options) >= 40
    assert sum(row.option == "spot" for row in options) >= 20
    for years in ("1y", "3y"):
        assert sum(row.option.startswith(years) for row in options) >= 15
    assert sum("throughput" in entry for entry in book.workloads.values()) >= 6
    assert {
        "chat-8b",
        "chat-235b",
        "training",
        "fine-tuning",
        "batch-inference",
        "vision-training",
        "vision-inference",
    } <= set(book.workloads)


@pytest.mark.parametrize(("name", "price"), [("gcp-a3-highgpu-8g", 50.60954), ("azure-nd96isr-h100-v5", 18.17)])
def test_spot_is_the_price_of_the_instance_where_it_is_known(name, price):
    assert catalogue().cloud[name]["spot"]["price"]["value"] == price


def test_the_default_sets_exist_and_load():
    book = catalogue()
    assert set(book.default_servers) <= set(book.servers)
    assert set(book.default_cloud) <= set(book.cloud)
    assert book.default_site in book.sites
    assert book.default_workload in book.workloads
    assert tuple(load(None, ["a"]).assumptions.cloud) == book.default_cloud


def test_gpus():
    book = catalogue()
    expected = ["H100", "H200", "B200", "A100-80GB", "A100", "L40S", "L4", "A10G", "RTX4090", "MI300X", "V100", "T4",
                "RTX5090", "GB200", "H100-NVL", "L40", "A40", "RTX6000-Ada", "MI325X", "H20"]  # fmt: skip
    assert set(expected) <= set(book.gpus)
    for gpu in book.gpus.values():
        assert 16 <= gpu.memory_gb <= 300
        assert 50 <= gpu.tflops_16bit_dense <= 3000
        assert 0.3 <= gpu.bandwidth_tb_per_s <= 10
        assert 50 <= gpu.power_w <= 1500
        assert gpu.source
        assert gpu.as_of
    h100 = book.gpus["H100"]
    assert (h100.tflops_16bit_dense, h100.bandwidth_tb_per_s, h100.power_w) == (989, 3.35, 700)


def test_gpus_are_known_and_workloads_measured_on_their_reference():
    book = catalogue()
    for entry in (*book.servers.values(), *book.cloud.values()):
        assert entry["gpu"] in book.gpus
    for name, entry in book.workloads.items():
        assert set(entry.get("throughput", {})) <= set(book.gpus)
        assert entry.get("reference_gpu", "H100") in book.gpus, name
        if "throughput" in entry:
            assert entry["reference_gpu"] in entry["throughput"], name


def test_reserved_below_on_demand_and_spot_below_on_demand():
    on_demand = {row.name: row.price for row in rows() if row.option == "on_demand"}
    cheaper = [row for row in rows() if row.kind is Kind.OFFER and row.option != "on_demand"]
    assert len(cheaper) >= 10
    for row in cheaper:
        assert 0.1 * on_demand[row.name] < row.price < on_demand[row.name], row


def test_longer_terms_cost_less():
    for name, entry in catalogue().cloud.items():
        by_term = sorted(
            (Duration.parse(terms["term"]["value"]).years, row.price)
            for option, terms in entry.get("reserved", {}).items()
            for row in rows(name)
            if row.option == option
        )
        for (short, dear), (long, cheap) in pairwise(by_term):
            assert short == long or cheap < dear, name


def test_prices_per_gpu_are_plausible():
    for row in rows():
        if row.kind is Kind.OFFER:
            low, high = PER_GPU_HOUR[row.gpu]
            assert low <= row.price_per_gpu_hour <= high, row
            assert row.price_per_gpu_hour == pytest.approx(row.price / row.gpus)
        elif row.kind is Kind.SERVER:
            low, high = PER_GPU[row.gpu]
            assert low <= row.price / row.gpus <= high, row


def test_servers_are_plausible():
    book = catalogue()
    for name, server in load(
        {"version": 1, "servers": {n: {} for n in book.servers}}, ["a"]
    ).assumptions.servers.items():
        gpus_kw = server.gpus * book.gpus[server.gpu].power_w / 1000
        assert gpus_kw < server.power_kw < 2.2 * gpus_kw, name
        assert 0 < server.idle_power_kw < 0.5 * server.power_kw, name
        shares = [share for _, share in sorted((age.years, share) for age, share in server.resale.items())]
        assert shares == sorted(shares, reverse=True), name
        assert 0.9 <= server.availability <= 1


def test_the_upfront_of_aws_is_its_effective_price():
    terms = catalogue().cloud["aws-p5.48xlarge"]["reserved"]
    assert terms["1y-all-upfront"]["upfront"]["value"] == pytest.approx(32.36 * 8760)
    assert terms["3y-all-upfront"]["upfront"]["value"] == pytest.approx(20.695 * 3 * 8760)


def test_business_hours():
    order = catalogue().business_hours
    assert order.shape == (168,)
    assert np.array_equal(np.sort(order), np.arange(168))
    assert set(order[:120] // 24) == {0, 1, 2, 3, 4}
    assert set(order[120:] // 24) == {5, 6}
    assert set(order[:45] % 24) == set(range(9, 18)), "the office hours of working days come first"
    with pytest.raises(ValueError, match="read-only"):
        order[0] = 0


def test_rows_by_name():
    names = {(row.kind, row.option) for row in rows("aws-p5.48xlarge")}
    options = ("on_demand", "spot", "1y-all-upfront", "3y-no-upfront", "3y-all-upfront")
    assert names == {(Kind.OFFER, option) for option in options}
    (server,) = rows("hgx-h100-8")
    assert (server.price, server.gpus, server.memory_gb, server.is_default) == (306000, 8, 80, True)
    assert {row.kind for row in rows("default")} == {Kind.WORKLOAD, Kind.SITE}


def test_an_unknown_name():
    with pytest.raises(InputError, match="did you mean 'hgx-h100-8'"):
        rows("hgx-h100")


def test_figures_of_an_entry():
    by_key = {figure.key: figure for figure in figures(Kind.OFFER, "aws-p5.48xlarge")}
    assert (by_key["on_demand"].value, by_key["on_demand"].unit) == (55.04, "currency per instance-hour")
    assert by_key["reserved.3y-no-upfront.hourly"].value == 23.777
    assert by_key["spot.price"].as_of == "2026-11"
    assert {figure.key for figure in figures(Kind.GPU, "L4")} >= {"memory_gb", "power_w"}


def test_nothing_is_read_at_import():
    code = (
        "import planner.catalogue.reader as r, planner.catalogue, planner.assumptions.load; "
        "assert r.catalogue.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
