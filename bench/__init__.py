"""Speed and memory, as ratios against named references of the same run: `python -m bench`.

A benchmark is one module here with `run() -> list[Row]`; its name is what `--only` takes. `table` prints, `turns`
measures fairly. Rates of a shared machine mean little, ratios within one run much: every row names its reference.
"""
