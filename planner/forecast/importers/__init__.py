"""Demand from what people run: job logs, metrics, bills and allocations as an hourly forecast (docs/demand-files.md)."""
