"""`python -m candidates check PATH` is `layerproof check PATH`."""

import sys

from candidates.cli import main

sys.exit(main())
