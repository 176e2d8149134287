"""The verdict as JSON, schema 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from candidates.reports.writing import write_whole


def write(verdict: dict[str, Any], path: Path) -> None:
    """Write the verdict to a file at once: it is there whole, or as it was before."""
    write_whole(path, [json.dumps(verdict, indent=1, allow_nan=False), "\n"])
