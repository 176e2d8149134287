"""Start a server of workers: `python -I candidates/worker DESCRIPTOR KIND LEVEL [FORBIDDEN ...]`.

KIND: numpy or torch. LEVEL: process or sandbox.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from candidates.worker.forkserver import main

    main()
