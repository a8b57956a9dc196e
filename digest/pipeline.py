"""The week as functions: select, compose, render, check, queue, deliver, report. Opens nothing."""

from __future__ import annotations

__all__: list[str] = []
