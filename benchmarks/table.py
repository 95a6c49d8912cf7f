"""Formats the results as a table, and describes the machine."""

import os
import platform
from collections.abc import Mapping
from math import isnan

from benchmarks.load import Load


def table(results: Mapping[str, Load], *, ceiling: str) -> str:
    """Return the results as a Markdown table, with their ratios to the ceiling."""
    rows = [("", "per second", "ratio to ceiling", "p50", "p99")]
    rows += [
        (
            name,
            f"{load.rate:,.0f}",
            f"{load.rate / results[ceiling].rate:.2f}",
            f"{load.p50:.1f} ms",
            "" if isnan(load.p99) else f"{load.p99:.1f} ms",
        )
        for name, load in results.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def machine(database: str, generator: str) -> str:
    """Return a description of the machine and the software."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores and {memory:.0f} GiB, shared by the database, the program and the "
        f"load; Python {platform.python_version()}, PostgreSQL {database}, load by {generator}"
    )
