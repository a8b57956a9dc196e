"""The sandbox of themes, with an end: turns of loops, calls and includes are counted; a template that takes too many
is stopped where it stands. Steps, not seconds: a slow machine stops nothing that a fast one lets pass.

Jinja's sandbox ends a range that is too long and Python a recursion that is too deep; loops in loops, macros that call
themselves twice and powers of powers have no end that a person would live to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jinja2 import nodes, pass_context
from jinja2.compiler import CodeGenerator
from jinja2.environment import Template
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["STEPS", "BoundedEnvironment", "TooLong", "counted"]

STEPS = 300_000
LONGEST = 5_000_000  # characters or items that a product may have
HIGHEST = 1_000  # exponent
COUNTER = "one_by_one"  # the filter that each loop goes through


class TooLong(Exception):
    """A template that would take too long, or too much; its message ends a sentence that begins with `it`."""


_taken: ContextVar[list[int] | None] = ContextVar("steps", default=None)


@contextmanager
def counted() -> Iterator[None]:
    """Count the steps of what is rendered in here, from none."""
    before = _taken.set([0])
    try:
        yield
    finally:
        _taken.reset(before)


def _step() -> None:
    taken = _taken.get()
    if taken is not None:
        taken[0] += 1
        if taken[0] > STEPS:
            raise TooLong(f"takes more than {STEPS:,} steps")


@pass_context  # so that the compiler does not run it while it looks for constants
def _one_by_one(_: Context, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _step()
        yield item


class _Counting(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:  # noqa: N802 - the name is Jinja's
        """Lead each loop of a template through the counter."""
        for loop in node.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, COUNTER, [], [], None, None, lineno=loop.iter.lineno)
        super().visit_Template(node, frame)


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox that ends within `counted`."""

    code_generator_class = _Counting
    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.filters[COUNTER] = _one_by_one

    def call(__self, __context: Context, __obj: Any, *given: Any, **named: Any) -> Any:  # noqa: N805 - as in Jinja
        """Call something for a template: one step."""
        _step()
        return super().call(__context, __obj, *given, **named)

    def get_template(self, *given: Any, **named: Any) -> Template:
        """Load what is included, imported or extended: one step."""
        _step()
        return super().get_template(*given, **named)

    def select_template(self, *given: Any, **named: Any) -> Template:
        """Load the first of several that is there: one step."""
        _step()
        return super().select_template(*given, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply, and raise to a power, within reason."""
        REASON[operator](left, right)
        return super().call_binop(context, operator, left, right)


def _within_length(left: Any, right: Any) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(times, int) and hasattr(many, "__len__") and len(many) * times > LONGEST:
            raise TooLong(f"makes something {len(many) * times:,} long")


def _within_height(_: Any, exponent: Any) -> None:
    if isinstance(exponent, int) and exponent > HIGHEST:
        raise TooLong(f"raises a number to the power of {exponent:,}")


REASON: dict[str, Callable[[Any, Any], None]] = {"*": _within_length, "**": _within_height}
