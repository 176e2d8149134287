"""CS7643's translation model, right: an encoder, a decoder with attention, and both at work."""

import torch
from torch import nn


class Encoder(nn.Module):
    """Its states for all words, and the last one for the decoder to start with."""

    def __init__(
        self,
        input_size,
        emb_size,
        encoder_hidden_size,
        decoder_hidden_size,
        dropout=0.2,
        model_type="RNN",
    ):
        super().__init__()
        self.model_type = model_type
        kind = {"RNN": nn.RNN, "LSTM": nn.LSTM}[model_type]
        self.embedding = nn.Embedding(input_size, emb_size)
        self.recurrent = kind(emb_size, encoder_hidden_size, batch_first=True)
        self.linear1 = nn.Linear(encoder_hidden_size, encoder_hidden_size)
        self.linear2 = nn.Linear(encoder_hidden_size, decoder_hidden_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, input):
        output, hidden = self.recurrent(self.dropout(self.embedding(input)))
        h, cell = hidden if self.model_type == "LSTM" else (hidden, None)
        h = torch.tanh(self.linear2(torch.relu(self.linear1(h))))
        return output, h if cell is None else (h, cell)


class Decoder(nn.Module):
    """One word further: log-probabilities of the next word, and the new state."""

    def __init__(
        self,
        emb_size,
        encoder_hidden_size,
        decoder_hidden_size,
        output_size,
        dropout=0.2,
        model_type="RNN",
        attention=False,
    ):
        super().__init__()
        self.model_type, self.attention, self.output_size = model_type, attention, output_size
        kind = {"RNN": nn.RNN, "LSTM": nn.LSTM}[model_type]
        self.embedding = nn.Embedding(output_size, emb_size)
        self.recurrent = kind(emb_size, decoder_hidden_size, batch_first=True)
        self.output = nn.Linear(decoder_hidden_size, output_size)
        self.dropout = nn.Dropout(dropout)
        if attention:
            self.downsize = nn.Linear(encoder_hidden_size + emb_size, emb_size)

    def compute_attention(self, hidden, encoder_outputs):
        """Attention (N, 1, T) of a state (1, N, H) over the encoder's (N, T, H)."""
        q = hidden.transpose(0, 1)
        norms = q.norm(dim=2, keepdim=True) * encoder_outputs.norm(dim=2)[:, None]
        cosine = torch.bmm(q, encoder_outputs.transpose(1, 2)) / norms
        return torch.softmax(cosine, dim=2)

    def forward(self, input, hidden, encoder_outputs=None):
        word = self.dropout(self.embedding(input))
        if self.attention:
            h = hidden[0] if self.model_type == "LSTM" else hidden
            context = torch.bmm(self.compute_attention(h, encoder_outputs), encoder_outputs)
            word = self.downsize(torch.cat([context, word], dim=2))
        output, hidden = self.recurrent(word, hidden)
        return torch.log_softmax(self.output(output.squeeze(1)), dim=1), hidden


class Seq2Seq(nn.Module):
    """Log-probabilities (N, S, V) of the most probable words, each fed back."""

    def __init__(self, encoder, decoder, device):
        super().__init__()
        self.device = device
        self.encoder, self.decoder = encoder.to(device), decoder.to(device)

    def forward(self, source):
        batch_size, seq_len = source.shape
        outputs = torch.zeros(batch_size, seq_len, self.decoder.output_size, device=self.device)
        encoded, hidden = self.encoder(source)
        word = source[:, :1]
        for t in range(seq_len):
            outputs[:, t], hidden = self.decoder(word, hidden, encoded)
            word = outputs[:, t].argmax(dim=1, keepdim=True)
        return outputs
