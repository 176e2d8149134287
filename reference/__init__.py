"""NumPy references: `naive` is the meaning of each operator, `vectorized` the same names, fast."""
