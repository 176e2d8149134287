"""Imported once, in the process that runs of `layerproof` are forked from (tests/forked.py).

Their candidates' processes are forked from servers. Those are started here, so that no run waits
for one that imports torch; whoever asks for other limits still starts its own. The first draw of a
process reads the source of every module for its constants: it is made here too. What is there then
is kept from the garbage collector, which would write to every page that runs share.
"""

import gc

import hypothesis
from hypothesis import strategies

from candidates.limits import Limits
from candidates.servers import mechanisms

for _kind in ("numpy", "torch", "optim"):
    mechanisms(Limits(), _kind)


@hypothesis.settings(max_examples=1, database=None)
@hypothesis.given(strategies.integers())
def _draw(number: int) -> None:
    pass


_draw()
gc.collect()
gc.freeze()
