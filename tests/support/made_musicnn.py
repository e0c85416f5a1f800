"""A checkpoint of musicnn with random weights, the wheel around it, and the network in TensorFlow's own operations."""

import zipfile
from dataclasses import replace

import numpy as np
import tensorflow as tf

from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.encoders.packages import PACKAGES

# By hand from the description of the network, not from the library.
CONVOLUTIONS = [
    (7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51),
    (7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64),
]  # fmt: skip
NORMALISED = [1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200]
DENSE = [(1506, 200), (200, 50)]
TAGS = {"MTT_LABELS": [f"mtt {n}" for n in range(50)], "MSD_LABELS": ["jazz", "Hip-Hop", *map(str, range(48))]}


def numbered(kind, number):
    return kind if number == 0 else f"{kind}_{number}"


def variables(seed=0):
    """All variables, the optimiser's too, of sizes that keep the numbers in the network apart."""
    rng = np.random.default_rng(seed)
    found = {"beta1_power": np.float32(0.9)}
    for n, shape in enumerate(CONVOLUTIONS):
        found[f"{numbered('conv2d', n)}/kernel"] = rng.normal(0, 1 / np.sqrt(np.prod(shape[:3])), shape)
        found[f"{numbered('conv2d', n)}/bias"] = rng.normal(0, 0.1, shape[-1])
    for n, width in enumerate(NORMALISED):
        name = numbered("batch_normalization", n)
        found[f"{name}/gamma"] = rng.uniform(0.5, 1.5, width)
        found[f"{name}/beta"] = rng.normal(0, 0.1, width)
        found[f"{name}/moving_mean"] = rng.normal(0, 0.1, width)
        found[f"{name}/moving_variance"] = rng.uniform(0.5, 1.5, width)
    for n, shape in enumerate(DENSE):
        found[f"{numbered('dense', n)}/kernel"] = rng.normal(0, 1 / np.sqrt(shape[0]), shape)
        found[f"{numbered('dense', n)}/bias"] = rng.normal(0, 0.1, shape[1])
    return {name: np.asarray(value, np.float32) for name, value in found.items()}


def write(folder, values):
    """Write a checkpoint whose files have no name before their endings."""
    folder.mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=f"{folder}/", tensor_names=list(values), shape_and_slices=[""] * len(values),
        tensors=[tf.constant(value) for value in values.values()],
    )  # fmt: skip
    (folder / "checkpoint").write_text('model_checkpoint_path: "/home/somebody/else/"\n', encoding="utf-8")
    return folder


def source(folder, lacking=()):
    """Write what is taken out of the wheel; return the folder."""
    for seed, name in enumerate(["MTT_musicnn", "MSD_musicnn"]):
        values = {key: value for key, value in variables(seed).items() if key not in lacking}
        write(folder / name, values)
    lines = [f"{name} = {tags!r}" for name, tags in TAGS.items()]
    (folder / "configuration.py").write_text("SR = 16000\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "LICENSE").write_text("Permission to use is granted.\n", encoding="utf-8")
    return folder


def wheel(folder, files, package=PACKAGES["musicnn"], more=()):
    """Put files into a wheel; return it, and the package that it is the wheel of."""
    path = folder / f"{package.wheel}py3-none-any.whl"
    sizes = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for member, (name, _) in package.files.items():
            if (files / name).is_file():
                zipped.write(files / name, member)
                sizes[member] = (name, (files / name).stat().st_size)
            else:
                sizes[member] = (name, 1)
        for member, content in more:
            zipped.writestr(member, content)
    return path, replace(package, digest=hash_of_file(path), size=path.stat().st_size, files=sizes)


def scores(values, mel):
    """The network again: of vectors, pooled features and tags, of windows [shape=(n, 187, 96)]."""

    def normal(x, number):
        name = numbered("batch_normalization", number)
        mean, variance, beta, gamma = (
            values[f"{name}/{part}"] for part in ("moving_mean", "moving_variance", "beta", "gamma")
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    def convolved(x, number, padding):
        name = numbered("conv2d", number)
        y = tf.nn.conv2d(tf.constant(x), values[f"{name}/kernel"], 1, padding) + values[f"{name}/bias"]
        return normal(np.maximum(y, 0), number + 1)

    def tall(x):
        return np.pad(x, ((0, 0), (3, 3), (0, 0), (0, 0)))

    x = normal(mel[..., None].astype(np.float32), 0)
    front = [convolved(tall(x), n, "VALID").max(axis=2) for n in (0, 1)]
    front += [convolved(x, n, "SAME").max(axis=2) for n in (2, 3, 4)]
    outputs = [np.concatenate(front, axis=-1)]
    outputs.append(convolved(tall(outputs[0][..., None]), 5, "VALID")[:, :, 0])
    for n in (6, 7):
        outputs.append(convolved(tall(outputs[-1][..., None]), n, "VALID")[:, :, 0] + outputs[-1])
    joined = np.concatenate(outputs, axis=-1)
    pooled = np.empty((len(mel), 1506), np.float32)
    pooled[:, 0::2] = joined.max(axis=1)
    pooled[:, 1::2] = joined.mean(axis=1)
    hidden = np.maximum(normal(pooled, 9) @ values["dense/kernel"] + values["dense/bias"], 0)
    logits = normal(hidden, 10) @ values["dense_1/kernel"] + values["dense_1/bias"]
    return hidden, pooled, 1 / (1 + np.exp(-logits))
