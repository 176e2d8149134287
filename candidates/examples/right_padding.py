"""Right batches of sequences of different lengths: all of it passes."""

import torch
from torch.nn.utils.rnn import pad_sequence


def pad_collate(batch):
    sequences, labels = zip(*batch, strict=True)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return pad_sequence(sequences, batch_first=True), torch.tensor(labels), lengths


def collate_fn(batch):
    longest = max(len(sequence) for sequence in batch)
    out = torch.full((len(batch), longest), -1, dtype=torch.long)
    for row, sequence in zip(out, batch, strict=True):
        row[longest - len(sequence) :] = sequence
    return out


def custom_collate(batch):
    return pad_sequence([sequence for sequence, _ in batch], padding_value=1)
