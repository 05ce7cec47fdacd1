"""`python -m benchmarks [NAME…]`: run the benches (all, or the named ones), print a table and the ratios."""

from __future__ import annotations

import argparse
import sys
import time

from .results import Measure, Ratio, number
from .running import names, results_of


def table(measures: list[tuple[str, Measure]]) -> str:
    rows = [(bench, m.what, f"{number(m.value)} {m.unit}".strip(), m.note) for bench, m in measures]
    rows = [("bench", "what", "result", "note"), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names())}; all when none is named")
    chosen = parser.parse_args().names or names()
    unknown = set(chosen) - set(names())
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    started = time.monotonic()
    measures: list[tuple[str, Measure]] = []
    ratios: list[Ratio] = []
    for name in chosen:
        print(f"{name} …", file=sys.stderr, flush=True)
        for result in results_of(name):
            if isinstance(result, Ratio):
                ratios.append(result)
            else:
                measures.append((name, result))
                print(f"  {result.what}: {number(result.value)} {result.unit}", file=sys.stderr, flush=True)
    print(f"{len(chosen)} benches in {time.monotonic() - started:.0f} s\n")
    print(table(measures) + "\n")
    for ratio in ratios:
        if ratio.target is not None and ratio.value < ratio.target:
            print(f"below its target of {ratio.target:g}: {ratio.name}")
        if ratio.most is not None and ratio.value > ratio.most:
            print(f"above its limit of {ratio.most:g}: {ratio.name}")
    for ratio in ratios:
        print(f"ratio {ratio.name}: {ratio.value:.2f}")


if __name__ == "__main__":
    main()
