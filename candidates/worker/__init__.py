"""The process that a candidate runs in. It has neither the oracle nor the comparison in reach."""
