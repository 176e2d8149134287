"""The verdict as JSON, schema 1."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write(verdict: dict[str, Any], path: Path) -> None:
    """Write the verdict to a file at once: it is there whole, or as it was before."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(verdict, indent=1, allow_nan=False) + "\n")
    os.replace(partial, path)
