"""The audit: every plan recomputed from demand, assumptions and schedule, sharing nothing with the programme."""

from planner.audit.result import Audit, Check, CheckName
from planner.audit.run import audit

__all__ = ["Audit", "Check", "CheckName", "audit"]
