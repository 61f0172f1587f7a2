"""Demand from what people run: job logs, metrics, bills, allocations (docs/demand-files.md)."""
