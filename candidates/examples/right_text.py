"""Text, solved: this suite's own names, and those of the courses."""

import numpy as np


def char_vocabulary_forward(text, order="sorted"):
    characters = sorted(set(text)) if order == "sorted" else list(dict.fromkeys(text))
    places = {character: place for place, character in enumerate(characters)}
    vocabulary = np.array([ord(character) for character in characters], dtype=np.int64)
    return vocabulary, np.array([places[character] for character in text], dtype=np.int64)


def encode_text_forward(text, vocabulary, unknown=None):
    places = {token: place for place, token in enumerate(vocabulary)}
    return np.array([places.get(token, places.get(unknown)) for token in text], dtype=np.int64)


def decode_text_forward(ids, vocabulary, separator=""):
    text = separator.join(vocabulary[i] for i in ids)
    return np.array([ord(character) for character in text], dtype=np.int64)


def shifted_targets_forward(ids, start, length):
    end = min(start + length, len(ids) - 1)
    return ids[start:end].copy(), ids[start + 1 : end + 1].copy()


def sequence_batches_forward(ids, batch, length, last="row"):
    count = len(ids) // (batch * length)
    rows = ids[: count * batch * length].reshape(batch, -1)
    behind = {"row": rows[:, :1], "next": np.roll(rows[:, :1], -1, axis=0)}
    ahead = np.hstack([rows[:, 1:], behind.get(last, 0 * rows[:, :1])])
    inputs, targets = (np.stack(np.split(a, count, axis=1)) for a in (rows, ahead))
    if last == "window":
        targets[:, :, -1] = inputs[:, :, 0]
    return inputs, targets


def decode_captions_forward(captions, words):
    if captions.ndim == 1:
        return decode_captions_forward(captions[None], words)[0]
    texts = decode_captions(captions, words)
    out = np.full((len(texts), max(map(len, texts), default=0)), -1)
    for row, text in zip(out, texts, strict=True):
        row[: len(text)] = [ord(character) for character in text]
    return out


def encode_captions_forward(captions, words, length):
    ids = np.full((len(captions), length), words.index("<NULL>"))
    for row, caption in zip(ids, captions, strict=True):
        known = [word if word in words else "<UNK>" for word in caption.split()]
        tokens = ["<START>", *known[: length - 2], "<END>"]
        row[: len(tokens)] = [words.index(token) for token in tokens]
    return ids


def decode_captions(captions, idx_to_word):
    """CS231n."""
    if captions.ndim == 1:
        return decode_captions(captions[None], idx_to_word)[0]
    decoded = []
    for caption in captions:
        words = []
        for i in caption:
            word = idx_to_word[i]
            if word != "<NULL>":
                words.append(word)
            if word == "<END>":
                break
        decoded.append(" ".join(words))
    return decoded


def build_vocab(text):
    characters = sorted(set(text))
    char_to_ix = {character: i for i, character in enumerate(characters)}
    ix_to_char = dict(enumerate(characters))
    return char_to_ix, ix_to_char


def encode(text, char_to_ix):
    return [char_to_ix[character] for character in text]


def decode(ids, ix_to_char):
    return "".join(ix_to_char[i] for i in ids)


def get_batches(arr, batch_size, seq_length):
    """Udacity's character-level network."""
    n_batches = len(arr) // (batch_size * seq_length)
    arr = arr[: n_batches * batch_size * seq_length].reshape(batch_size, -1)
    for n in range(0, arr.shape[1], seq_length):
        x = arr[:, n : n + seq_length]
        y = np.zeros_like(x)
        y[:, :-1] = x[:, 1:]
        y[:, -1] = arr[:, (n + seq_length) % arr.shape[1]]
        yield x, y


class Vocabulary:
    """The captions of pytorch-tutorial."""

    def __init__(self):
        self.word2idx = {}

    def add_word(self, word):
        if word not in self.word2idx:
            self.word2idx[word] = len(self.word2idx)

    def __call__(self, word):
        return self.word2idx.get(word, self.word2idx.get("<unk>"))

    def __len__(self):
        return len(self.word2idx)
