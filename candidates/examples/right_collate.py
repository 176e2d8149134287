"""Right batches of what can be read of a data set: all of it passes."""

import numpy as np
import torch
from torch.utils.data import default_collate


def skip_corrupted_forward(dataset):
    kept = []
    for n in range(len(dataset)):
        try:
            kept.append(dataset[n])
        except Exception:
            kept.append(None)
    readable = [sample for sample in kept if sample is not None]
    skipped = len(kept) - len(readable)
    if not readable:
        return None, None, skipped
    images, labels = zip(*readable, strict=True)
    return np.stack(images), np.array(labels), skipped


def collate_skip_none(batch):
    batch = [sample for sample in batch if sample is not None]
    if not batch:
        return None
    images, labels = zip(*batch, strict=True)
    return torch.stack(images), torch.tensor(labels)


def safe_collate(batch):
    return default_collate(list(filter(lambda sample: sample is not None, batch)))


def collate_fn(batch):
    batch = [sample for sample in batch if sample is not None]
    if not batch:
        return torch.zeros(0), torch.zeros(0, dtype=torch.long)
    return default_collate(batch)
