"""A small sentence encoder with made-up weights, and BERT's forward pass once more, in numpy alone."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf, softmax

HEADS, HEAD_WIDTH, LAYERS, WIDE = 2, 32, 2, 96
WIDTH = HEADS * HEAD_WIDTH
WORDS = ["the", "a", "song", "guitar", "sax", "swing", "riff", "and", "loud", "soft", "voice", "sings", "solo"]
PARTS = [*"bcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *PARTS]


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Made-up weights under the names that the file has."""
    rng = np.random.default_rng(seed)
    found = {}

    def norm(name):
        found[f"{name}.weight"] = rng.normal(1, 0.2, WIDTH)
        found[f"{name}.bias"] = rng.normal(0, 0.2, WIDTH)

    def dense(name, inputs, outputs):
        found[f"{name}.weight"] = rng.normal(0, 1 / np.sqrt(inputs), (outputs, inputs))
        found[f"{name}.bias"] = rng.normal(0, 0.2, outputs)

    for part, rows in (("word", len(VOCABULARY)), ("position", 512), ("token_type", 2)):
        found[f"embeddings.{part}_embeddings.weight"] = rng.normal(0, 0.5, (rows, WIDTH))
    norm("embeddings.LayerNorm")
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            dense(f"{name}.attention.{part}", WIDTH, WIDTH)
        norm(f"{name}.attention.output.LayerNorm")
        dense(f"{name}.intermediate.dense", WIDTH, WIDE)
        dense(f"{name}.output.dense", WIDE, WIDTH)
        norm(f"{name}.output.LayerNorm")
    dense("pooler.dense", WIDTH, WIDTH)
    found = {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}
    return {"embeddings.position_ids": np.arange(512)[None], **found}


def write(folder: Path, values: dict[str, np.ndarray] | None = None) -> dict[str, str]:
    """Write both files of the encoder; return the digest of each."""
    tokenizers = pytest.importorskip("tokenizers")
    safetensors = pytest.importorskip("safetensors.numpy")
    from mumu_lib.core.fingerprints import hash_of_file

    folder.mkdir(parents=True, exist_ok=True)
    safetensors.save_file(weights() if values is None else values, str(folder / "model.safetensors"))
    words = {word: number for number, word in enumerate(VOCABULARY)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    # What says that all is there.
    (folder / "about.json").write_text("{}", encoding="utf-8")
    return {name: hash_of_file(folder / name) for name in ("model.safetensors", "tokenizer.json")}


def forward(values: dict[str, np.ndarray], tokens: list[int], heads: int = HEADS) -> np.ndarray:
    """The mean over one text's tokens of what BERT's encoder makes of them, in double precision."""
    w = {name: value.astype(np.float64) for name, value in values.items()}

    def dense(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x, name):
        spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
        return (x - x.mean(axis=-1, keepdims=True)) / spread * w[f"{name}.weight"] + w[f"{name}.bias"]

    x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    number = 0
    while f"encoder.layer.{number}.output.dense.weight" in w:
        name = f"encoder.layer.{number}"
        query, key, value = (dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        width = x.shape[1] // heads
        heard = []
        for head in range(heads):
            own = slice(head * width, (head + 1) * width)
            weight = softmax(query[:, own] @ key[:, own].T / np.sqrt(width), axis=1)
            heard.append(weight @ value[:, own])
        x = norm(x + dense(np.hstack(heard), f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        wide = dense(x, f"{name}.intermediate.dense")
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        x = norm(x + dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        number += 1
    return x.mean(axis=0)
