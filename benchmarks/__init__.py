"""Timed comparisons of naive, vectorized and torch on the operators' workloads."""
