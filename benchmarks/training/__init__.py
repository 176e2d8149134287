"""`layerproof data` and `layerproof train`: image files, and a training run beside PyTorch's."""
