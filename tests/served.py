"""Imported once, in the process that runs of `layerproof` are forked from (tests/forked.py).

Their candidates' processes are forked from servers. Those are started here, so that no run waits
for one that imports torch; whoever asks for other limits still starts its own.
"""

from candidates.limits import Limits
from candidates.servers import mechanisms

for _kind in ("numpy", "torch", "optim"):
    mechanisms(Limits(), _kind)
