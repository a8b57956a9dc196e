"""The only place that calls a plug's open, and reads the clock."""

from __future__ import annotations

__all__: list[str] = []
