"""The meaning of each operator: NumPy loops, as close to the formula as code gets."""

from reference._exports import exporter

__getattr__, __dir__ = exporter(__name__, __path__)
