"""Is ``precision: auto`` harmless?  AUC of the same networks trained in float32 and in bfloat16, seed by seed.

    python -m mumu_lib.sources.folder FOLDER/audio --manifest FOLDER/audio/manifest.csv --name esc10    once; ESC-10, its folds as splits
    python benchmarks/precision.py --catalogue esc10 --filters low_4x96 low_4x70 --epochs 30

Both trainings of a seed begin with the same weights and see the same batches. Printed are the AUC of the test tracks, the
difference (auto less float32) with its standard error over the seeds, and the processor time of both.
"""

import argparse
import time

import keras
import numpy as np

import mumu_lib as mm
from mumu_lib import metrics, models, targets, training
from mumu_lib.audio import store as audio_store
from mumu_lib.core import environment, processor
from mumu_lib.experiments import TARGETS


def auc(tracks, patches, music, asked, filters: str, seed: int, precision: str) -> tuple[float, float, str]:
    """AUC of one training on the test tracks, its processor seconds, and the precision it had."""
    environment.seed_everything(seed, precision)
    objective = targets.make(music, asked.target, 50)
    encoded_targets = objective.encode(music.label_matrix())
    known = patches[tracks["row"][tracks["split"] == "train"].to_numpy()].astype(np.float32)
    mean, std = known.mean(axis=(0, 1)), known.std(axis=(0, 1))
    network = models.cnn(filters, asked.target, len(music.labels), objective.n_outputs, mean=mean, std=std)
    batches = {}
    for split in ("train", "val", "test"):
        part = tracks[tracks["split"] == split]
        order = seed if split == "train" else None
        batches[split] = training.Batches(
            patches, part["row"].to_numpy(), encoded_targets[part["album"]], batch_size=16, seed=order
        )
    start = time.process_time()
    options = {"patience": asked.epochs, "learning_rate": 1e-3, "seed": seed, "lines": False}
    training.fit(network, objective.loss, batches["train"], batches["val"], epochs=asked.epochs, **options)
    seconds = time.process_time() - start
    part = tracks[tracks["split"] == "test"]
    outputs = [network.predict_on_batch(batches["test"][i][0]) for i in range(len(batches["test"]))]
    scores = objective.scores(np.concatenate(outputs).astype(np.float32))
    return metrics.macro_auc(music.label_matrix()[part["album"]], scores), seconds, environment.precision()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", default="esc10")
    parser.add_argument("--filters", nargs="*", choices=list(models.NETWORKS), default=["low_4x96"])
    parser.add_argument("--target", choices=TARGETS, default="logistic")
    parser.add_argument("--epochs", type=int, default=30, help="the best of them by the validation loss is kept")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    music = mm.open_catalogue(asked.catalogue)
    store = audio_store.extract(music, "cqt", patches=1, workers=2, seed=0)
    tracks, patches = audio_store.track_table(music, store), audio_store.flat_patches(store)
    print(f"{environment.device()}, keras {keras.__version__}; auto is {processor.precision('auto')} here", flush=True)
    for filters in asked.filters:
        found, spent = [], []
        for seed in range(asked.first, asked.first + asked.seeds):
            runs = [auc(tracks, patches, music, asked, filters, seed, precision) for precision in ("float32", "auto")]
            found.append([run[0] for run in runs])
            spent.append([run[1] for run in runs])
            print(f"{filters} seed {seed}: float32 {found[-1][0]:.4f}, {runs[1][2]} {found[-1][1]:.4f}", flush=True)
        both, times = np.array(found), np.array(spent).sum(axis=0)
        difference = both[:, 1] - both[:, 0]
        error = difference.std(ddof=1) / np.sqrt(len(both)) if len(both) > 1 else float("nan")
        print(
            f"{filters} {asked.target}: AUC float32 {both[:, 0].mean():.4f}, auto {both[:, 1].mean():.4f}, difference "
            f"{difference.mean():+.4f} +- {error:.4f} over {len(both)} seeds; processor time {times[0] / times[1]:.2f} times less",
            flush=True,
        )


if __name__ == "__main__":
    main()
