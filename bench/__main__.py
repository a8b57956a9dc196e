"""`python -m bench [--only NAME] [--full] [--json FILE]`: run the benchmarks, print tables, keep the numbers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import bench
from bench.table import Row, keep, show

RESULTS = Path(__file__).with_name("results.json")


def found() -> dict[str, Callable[..., list[Row]]]:
    """Every benchmark: the modules of this folder that have a `run`."""
    names = sorted(module.name for module in iter_modules(bench.__path__) if not module.name.startswith("_"))
    modules = {name: import_module(f"bench.{name}") for name in names}
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, one after another; a goal that is missed is marked, and no failure of the command."""
    benches = found()
    parser = argparse.ArgumentParser(prog="python -m bench", description=bench.__doc__)
    parser.add_argument("--only", action="append", choices=sorted(benches), metavar="NAME", help=", ".join(benches))
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the numbers are kept")
    parser.add_argument("--full", action="store_true", help="with a million recipients, which takes minutes more")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: a tenth of the work, and of the sense")
    options = parser.parse_args(arguments)
    print(f"load of the machine before: {os.getloadavg()[0]:.2f}; others on it make the ranges wide")
    rows: list[Row] = []
    for name in options.only or benches:
        print(f"\n{name}: {(sys.modules[f'bench.{name}'].__doc__ or '').splitlines()[0]}", flush=True)
        made = benches[name](scale=options.scale, full=options.full)
        print(show(made), flush=True)
        rows += made
    keep(rows, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
