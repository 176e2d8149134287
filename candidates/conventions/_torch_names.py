"""What classifiers, the functions that build them and their parameters are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAMED = re.compile(
    r"net|nn$|cnn|model|classif|mlp|perceptron|vgg|vit|mixer|logistic|softmax|fully_?connected"
    r"|feed_?forward|inception|baseline|xception",
    re.IGNORECASE,
)
OTHER = re.compile(
    r"encod|decod|generat|discrim|critic|actor|policy|dqn|q_?net|value_?net|agent|gan$|vae|unet|u_net|segment"
    r"|detect|yolo|rcnn|fpn|seq2seq|rnn|lstm|gru|recurrent|lang|gpt|bert|caption|siam|triplet"
    r"|embed|extract|backbone|style|denois|diffus|pinn|ensemble|wrapper|network_?base"
    r"|(attention|block|layer|head|loss|bottleneck|stem|residual|transition|unit|norm)$"
    r"|base(_?(net|model|module))?$|(?<!logistic)(?<!softmax)(?<!logistic_)(?<!softmax_)regress",
    re.IGNORECASE,
)
"""What classifiers are called, and what others are called that have a net or a model in them."""

CLASSES = (
    *("num_classes", "n_classes", "nclasses", "classes", "num_class", "n_class", "nclass"),
    *("output_dim", "out_dim", "output_size", "out_size", "n_out", "num_outputs", "n_outputs"),
    *("n_output", "outputs", "num_labels", "n_labels", "d_out", "class_num", "output_classes"),
    *("number_of_classes", "out_classes", "n_cls", "num_cls", "dim_out", "output_features"),
    "output_shape",
)
CHANNELS = (
    *("in_channels", "in_channel", "input_channels", "input_channel", "channels", "in_ch"),
    *("num_channels", "n_channels", "img_channels", "image_channels", "nc", "c_in", "in_c"),
    *("channels_in", "num_input_channels", "in_chans", "in_planes"),
    "input_shape",
)
WIDTHS = (
    *("input_dim", "in_dim", "n_in", "d_in", "n_features", "num_features", "input_features"),
    *("in_features", "num_inputs", "n_inputs", "n_input", "dim_in", "input_size", "in_size"),
)
SIDES = (
    *("img_size", "image_size", "im_size", "size", "resolution", "input_size", "img_dim"),
    *("img_h", "img_w", "height", "width", "image_dim", "input_resolution"),
)
OTHERS: Mapping[str, Any] = {
    **dict.fromkeys(("hidden_dim", "hidden_size", "hidden", "n_hidden", "hidden_units"), 64),
    **dict.fromkeys(("num_hidden", "hidden_channels", "hidden_features", "d_hidden"), 64),
    **dict.fromkeys(("hidden1", "hidden_dim1", "hidden_size1", "hidden_1", "h1"), 64),
    **dict.fromkeys(("hidden2", "hidden_dim2", "hidden_size2", "hidden_2", "h2"), 64),
    **{name: [64, 64] for name in ("hidden_dims", "hidden_sizes", "hidden_layers")},
    **dict.fromkeys(("dim", "embed_dim", "emb_dim", "d_model", "emb_size", "embedding_dim"), 64),
    **dict.fromkeys(("depth", "num_layers", "n_layers", "n_blocks", "num_blocks_total"), 2),
    **dict.fromkeys(("heads", "num_heads", "n_heads", "nhead"), 4),
    **dict.fromkeys(("mlp_dim", "dim_feedforward", "ff_dim"), 128),
    **dict.fromkeys(("num_filters", "n_filters", "filters", "base_channels", "width_base"), 16),
    **dict.fromkeys(("channel_1", "channel1", "num_filters1"), 16),
    **dict.fromkeys(("channel_2", "channel2", "num_filters2"), 16),
    **dict.fromkeys(("dropout", "drop", "p", "dropout_rate", "dropout_p", "drop_rate"), 0.1),
    **dict.fromkeys(("dropout_prob", "p_dropout", "drop_prob"), 0.1),
    **dict.fromkeys(("kernel_size", "filter_size", "kernel"), 3),
    **dict.fromkeys(("patch_size", "patch"), 4),
}
"""What required parameters are given, by their names."""
