"""Speeds from the forecast's mix, the whole way through the audit."""

from dataclasses import replace

from planner.forecast.demand import Mix, Quantity

THROUGHPUT = {
    "H100": {"input_tokens_per_s": 9000.0, "output_tokens_per_s": 1800.0},
    "A100": {"input_tokens_per_s": 4000.0, "output_tokens_per_s": 810.0},
}


def plan_with(toy, quantity, mix):
    """The plan ran batch on A100s at 0.45; assumptions give that speed only at output tokens alone."""
    settings = [("workloads.batch.speed", {}), ("workloads.batch.throughput", THROUGHPUT)]
    plan = toy(settings=settings).build()
    plan.demand = replace(plan.demand, quantity=quantity, mix={"batch": mix, "chat": Mix()})
    return plan


def test_the_mix_decides(toy):
    assert plan_with(toy, Quantity.TOKENS, Mix(output_tokens=5e9)).failed() == set()
    assert "demand-served" in plan_with(toy, Quantity.TOKENS, Mix(input_tokens=5e9, output_tokens=5e9)).failed()


def test_without_tokens_the_table_decides(toy):
    """989 and 312 TFLOPS: 0.315, so that the hours do not serve the demand."""
    assert "demand-served" in plan_with(toy, Quantity.GPU_HOURS, Mix(output_tokens=5e9)).failed()
