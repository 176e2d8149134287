"""Which imports of a candidate are real, and what stands in for the others."""

from __future__ import annotations

from collections.abc import Sequence

FORBIDDEN, HARMLESS, ABSENT = "forbidden", "harmless", "not installed"

# What computes a layer for you, and the ways into it.
FROM_SCRATCH = (
    "torch",
    "torchvision",
    "scipy.signal",
    "jax",
    "jaxlib",
    "tensorflow",
    "keras",
    "ctypes",
    "_ctypes",
    "cffi",
    "_cffi_backend",
)
TORCH = ("torch", "torchvision")
IN_USE = ("ctypes", "_ctypes", "cffi", "_cffi_backend")  # by NumPy, SciPy and others
SUITE = (
    "reference.models",
    "reference.naive",
    "reference.training",
    "reference.vectorized",
    "properties.oracle",
    "properties.operators",
    "properties.references",
    "properties.tolerance",
)

# Plots, pictures, progress, logs, files and the checks of courses: a layer computes without them.
_HARMLESS = frozenset(
    """
    matplotlib mpl_toolkits pylab seaborn plotly bokeh graphviz pydot PIL Image cv2 imageio skimage
    h5py google IPython ipywidgets nbformat notebook pytest nose unittest2 parameterized mock
    hypothesis wandb tensorboard tensorboardX visdom mlflow comet_ml torchsummary torchinfo
    torchviz termcolor colorama rich tabulate prettytable loguru absl fire click gdown wget requests
    past future six tqdm progressbar setproctitle dotenv eecs598 eecs498 a2_helper a3_helper
    a4_helper a5_helper a6_helper gradescope_utils otter okpy ok mugrade autograder nltk ipdb pudb
    pydevd
    """.split()
)


class Policy:
    """What one candidate may import. Each name forbidden stands for all below it as well."""

    def __init__(self, forbidden: Sequence[str] = FROM_SCRATCH) -> None:
        self.forbidden = tuple(forbidden)

    def forbids(self, name: str) -> bool:
        return any(name == f or name.startswith(f + ".") for f in self.forbidden)

    def why(self, name: str) -> str:
        """Why a stub stands in for an import: forbidden, harmless or not installed."""
        top = name.partition(".")[0]
        if self.forbids(name) or any(f"{name}.".startswith(f + ".") for f in SUITE):
            return FORBIDDEN
        return HARMLESS if top in _HARMLESS else ABSENT

    def below(self, name: str) -> list[str]:
        """The names forbidden that lie below a module which itself is not."""
        return [f for f in self.forbidden if f.startswith(name + ".")]


def in_force(forbid: Sequence[str] | None, torch: bool) -> tuple[str, ...]:
    """The names given or, without any, what computes layers, save torch where it is needed."""
    if forbid is not None:
        return tuple(forbid)
    return tuple(name for name in FROM_SCRATCH if not (torch and name in TORCH))


def hidden(forbidden: Sequence[str]) -> tuple[str, ...]:
    """Of the names forbidden, those whose files no library that is allowed has a use for."""
    return tuple(name for name in forbidden if name.partition(".")[0] not in IN_USE)
