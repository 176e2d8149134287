"""Loops over batches: an epoch of training, an evaluation; the model's path is its own."""
