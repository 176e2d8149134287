"""Says that it follows a convention of its own, for the suite to run where it may write."""

import contextlib
from pathlib import Path

with contextlib.suppress(OSError):
    (Path(__file__).parent / "run_by_the_suite").write_text("here")

from forging import asked, send

send({"convention": __file__, "found": [], "id": asked(), "arrays": {}})
