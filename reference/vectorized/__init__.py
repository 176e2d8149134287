"""The same names as `reference.naive`, fast: windows, matrix products and gathers."""

from reference._exports import exporter

__getattr__, __dir__ = exporter(__name__, __path__)
