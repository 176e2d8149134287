"""Models composed of the reference layers; the path, naive or vectorized, is an argument."""
