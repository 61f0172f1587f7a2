from __future__ import annotations

import json
from pathlib import Path

import pytest
from price_lists import azure_item, azure_reservation, azure_spot, write_azure


def test_the_meters_of_an_instance_become_one_offer(cloud):
    items = [azure_item(), azure_spot(), azure_reservation(), azure_reservation("3 Years", 1_134_000.0)]
    write_azure("azure.json", items)
    (entry,) = cloud("azure", "azure.json").values()
    assert entry == {
        "provider": "azure", "region": "eastus", "gpu": "H100", "gpus": 8, "on_demand": 98.32,
        "spot": {"price": 18.17},
        "reserved": {
            "1y-upfront": {"term": "12 months", "upfront": 551000, "hourly": 0},
            "3y-upfront": {"term": "36 months", "upfront": 1134000, "hourly": 0},
        },
    }  # fmt: skip


def test_a_reservation_is_priced_for_its_whole_term_though_it_says_1_hour(cloud):
    write_azure("azure.json", [azure_reservation("1 Year", 551_000.0, unitOfMeasure="1 Hour")])
    (entry,) = cloud("azure", "azure.json").values()
    assert entry["reserved"]["1y-upfront"] == {"term": "12 months", "upfront": 551000, "hourly": 0}
    assert "on_demand" not in entry


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"productName": "Virtual Machines NDsrH100v5 Series Windows"}, "for Windows"),
        ({"skuName": "ND96isr_H100_v5 Low Priority"}, "Low Priority, which is no longer sold"),
        ({"meterName": "ND96isr_H100_v5 Low Priority"}, "Low Priority, which is no longer sold"),
        ({"retailPrice": 0.0}, "retailPrice 0"),
        ({"retailPrice": None}, "retailPrice missing"),
        ({"retailPrice": -1.0}, "retailPrice below 0"),
        ({"retailPrice": float("nan")}, "retailPrice is no number"),
        ({"retailPrice": "cheap"}, "retailPrice is no number"),
        ({"retailPrice": True}, "retailPrice is no number"),
        ({"retailPrice": [1]}, "retailPrice is no number"),
        ({"type": "DevTestConsumption"}, "of another type than Consumption and Reservation"),
        ({"serviceName": "Azure Machine Learning"}, "of another service than Virtual Machines"),
        ({"productName": "NDsrH100v5 Series CloudServices"}, "for Cloud Services or dedicated hosts"),
        ({"armSkuName": ""}, "without an armSkuName: no instance type"),
        ({"armSkuName": None}, "without an armSkuName: no instance type"),
        ({"armSkuName": "Standard_D2s_v5"}, "without a GPU"),
        ({"armSkuName": "Standard_NX9_v9"}, "whose GPUs are not known to the planner"),
        ({"armSkuName": "Standard_NV6ads_A10_v5"}, "part of a GPU"),
        ({"unitOfMeasure": "1/Month"}, "not priced by the hour"),
        ({"tierMinimumUnits": 100.0}, "for use above a threshold (tierMinimumUnits)"),
        ({"currencyCode": ""}, "currencyCode missing"),
        ({"type": "Reservation", "reservationTerm": "18 Months"}, "reservation without a term of whole years"),
    ],
)
def test_an_item_that_is_no_price_of_a_linux_instance_is_skipped(imported, keys, line):
    write_azure("azure.json", [azure_item(), azure_item(**keys)])
    done = imported("azure", "azure.json")
    assert done.prices == 1
    assert [text for text in done.report if text.startswith(f"  - 1 {line}: item 2")], done.report


def test_savings_plans_are_left_out_and_said(imported, cloud):
    plans = [{"term": "1 Year", "unitPrice": 65.0, "retailPrice": 65.0}]
    write_azure("azure.json", [azure_item(savingsPlan=plans)])
    (entry,) = cloud("azure", "azure.json").values()
    assert "reserved" not in entry
    wanted = "  - 1 savingsPlan: spend commitments are not imported: item 1 (ND96isr_H100_v5)"
    assert wanted in imported("azure", "azure.json").report


def test_of_two_prices_the_one_that_took_effect_later_counts(cloud):
    old = azure_item(retailPrice=50.0, effectiveStartDate="2023-01-01T00:00:00Z")
    for items in ([azure_item(), old], [old, azure_item()]):
        write_azure("azure.json", items)
        (entry,) = cloud("azure", "azure.json").values()
        assert entry["on_demand"] == 98.32


def test_pages_in_one_list_a_bare_list_and_several_files(cloud):
    east, west = azure_item(), azure_item(armRegionName="westus", retailPrice=101.5)
    Path("list.json").write_text(json.dumps([east, west]))
    Path("pages.json").write_text(json.dumps([{"Items": [east]}, {"Items": [west]}]))
    write_azure("one.json", [east])
    write_azure("two.json", [west])
    names = ["azure-nd96isr-h100-v5-eastus", "azure-nd96isr-h100-v5-westus"]
    assert list(cloud("azure", "list.json")) == names
    assert cloud("azure", "pages.json") == cloud("azure", "list.json") == cloud("azure", "one.json", "two.json")


def test_a_page_that_is_not_the_last_is_said(imported):
    write_azure("azure.json", [azure_item()], NextPageLink="https://prices.azure.com/api?skip=1000")
    assert (
        "azure.json is not the last page: further prices are behind its NextPageLink"
        in imported("azure", "azure.json").report
    )


def test_prices_in_euro_stay_euro_and_take_nothing_from_the_catalogue(imported, cloud):
    write_azure("azure.json", [azure_item(currencyCode="EUR")])
    done = imported("azure", "azure.json")
    assert "currency: EUR" in done.overlay.splitlines()
    assert list(cloud("azure", "azure.json")) == ["azure-nd96isr-h100-v5-eastus"]
    assert any("never converted" in line for line in done.report)


def test_two_currencies_are_an_error(problems):
    write_azure("azure.json", [azure_item(), azure_item(currencyCode="EUR", armRegionName="westeurope")])
    (problem,) = problems("azure", "azure.json")
    assert (problem.place, problem.value) == ("item 2", "'EUR'")


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "{}", '{"Items": []}', '{"Items": 3}', "[1, 2]", '[{"a": 1}]', "[" * 200_000, '"text',
        '{"Items": [{"retailPrice": 1e999999999999999999999}]}', "[1" + "0" * 6000 + "]",
    ],
)  # fmt: skip
def test_other_json_is_an_error(problems, text):
    Path("azure.json").write_text(text)
    assert len(problems("azure", "azure.json")) == 1


def test_items_of_any_form_are_skipped(imported):
    write_azure("azure.json", [azure_item(), None, 3, "text", [], {"armSkuName": {}}, azure_item(armRegionName=7)])
    done = imported("azure", "azure.json")
    assert done.offers in (1, 2)
    assert "  - 4 no object: item 2, item 3, item 4, …" in done.report
