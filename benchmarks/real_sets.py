"""Real sets that anybody can have, read as the tables that ``mumu_lib.sources.folder`` makes catalogues of.

Nothing of them is in this repository. ``real_data.py`` names where each is published.
"""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

RECIPES = ("paper", "ours")
# In the names of AudioSet's genres, but words of their own.
NOT_GENRES = {"music", "of", "and", "for", "the"}


@dataclass(frozen=True)
class RealSet:
    """A published set: where it comes from, how its table is read, and which notebooks learn from it."""

    title: str
    source: str
    licence: str
    files: str  # one that must be there, as a pattern
    table: Callable[[Path], pd.DataFrame]
    runs: tuple[tuple[str, dict[str, str]], ...] = ()
    sizes: tuple[int, ...] = ()  # so many items are drawn, for a line on the encoder's embeddings
    min_albums: int = 2


def esc10(folder: Path) -> pd.DataFrame:
    """Read the clips and classes of ESC-10 from its folders; folds 1 to 3 are for training, 4 validation, 5 the test.

    The name of a clip is ``FOLD-ID-TAKE.ogg``, that of its folder ``NUMBER - Class``.
    """
    rows = []
    for path in sorted(folder.glob("*/*.ogg")):
        fold = path.name[0]
        sound = path.parent.name.partition(" - ")[2]
        split = {"4": "val", "5": "test"}.get(fold, "train")
        rows.append((path.relative_to(folder).as_posix(), path.stem, sound, split))
    return pd.DataFrame(rows, columns=["path", "album_id", "genres", "split"])


def captions(folder: Path) -> pd.DataFrame:
    """Read MusicCaps' captions without genre words; genres are AudioSet's labels below "Music genre", with parents.

    The official test part is kept; every fifth of the other captions is for validation.
    """
    nodes = {node["id"]: node for node in json.loads((folder / "ontology.json").read_text(encoding="utf-8"))}
    branches = genre_branches(nodes)
    table = pd.read_csv(folder / "musiccaps-public.csv")
    words = {word for names in branches.values() for name in names for word in re.findall(r"[a-z]+", name.lower())}
    pattern = rf"(?i)\b(?:{'|'.join(sorted(words - NOT_GENRES))})\b"
    table["genres"] = table["audioset_positive_labels"].map(lambda ids: as_branches(ids.split(","), branches))
    table = table[table["genres"] != ""]
    split = table["is_audioset_eval"].map({True: "test", False: "train"})
    others = split[split == "train"].index
    split[others[::5]] = "val"
    return pd.DataFrame({
        "album_id": "yt" + table["ytid"], "genres": table["genres"], "split": split,
        "text": table["caption"].str.replace(pattern, " ", regex=True),
    })  # fmt: skip


def genre_branches(nodes: dict[str, dict]) -> dict[str, list[str]]:
    """Return every branch of AudioSet's ontology below "Music genre", by the label's id; a label may have two."""
    (root,) = [name for name, node in nodes.items() if node["name"] == "Music genre"]
    branches: dict[str, list[str]] = {}
    below = [(child, "") for child in nodes[root]["child_ids"]]
    while below:
        label, above = below.pop()
        branch = above + nodes[label]["name"]
        branches.setdefault(label, []).append(branch)
        below += [(child, branch + " > ") for child in nodes[label]["child_ids"]]
    return branches


def as_branches(ids: list[str], branches: dict[str, list[str]]) -> str:
    """Write the branches of some labels as a manifest does."""
    found = set()
    for label in ids:
        found.update(branches.get(label, []))
    return " | ".join(sorted(found))


def paired(folder: Path) -> pd.DataFrame:
    """Read ``manifest.csv``: ``album_id``, ``genres``, ``split``, ``text``; the sound's vectors are in ``vggish.npy``."""
    return pd.read_csv(folder / "manifest.csv")[["album_id", "genres", "split", "text"]]


def msd_i(folder: Path) -> pd.DataFrame:
    """Read the one genre of every track of MSD-I."""
    table = pd.read_csv(folder / "csv_msd.csv")
    return pd.DataFrame({"album_id": table["msd_track_id"], "genres": table["genre_label"], "split": table["set"]})


def mtg_jamendo(folder: Path) -> pd.DataFrame:
    """Read the genres of MTG-Jamendo's albums: those of their tracks. The tags are all columns from the sixth on."""
    rows = []
    for split, name in (("train", "train"), ("val", "validation"), ("test", "test")):
        with (folder / f"autotagging_genre-{name}.tsv").open(encoding="utf-8") as file:
            for fields in list(csv.reader(file, delimiter="\t"))[1:]:
                genres = " | ".join(tag.removeprefix("genre---") for tag in fields[5:])
                rows.append((fields[2], genres, split))
    tracks = pd.DataFrame(rows, columns=["album_id", "genres", "split"])
    return tracks.groupby("album_id", as_index=False).agg({"genres": " | ".join, "split": "first"})


def _by_both(notebook: str, **parameters: str) -> list[tuple[str, dict[str, str]]]:
    """Return a notebook with these parameters, by both recipes."""
    return [(notebook, {**parameters, "recipe": recipe}) for recipe in RECIPES]


# FOLDER stands for the folder of the set.
VGGISH = "FOLDER/vggish.npy"

SETS = {
    "esc10": RealSet(
        "ESC-10", "karolpiczak/ESC-10 on GitHub, a part of ESC-50", "CC BY 3.0", "*/*.ogg", esc10,
        (*_by_both("04_audio", filters="low_4x96", target="logistic", epochs="25"),
         *_by_both("04_audio", encoder="musicnn", target="logistic")),
        (20, 40, 80, 160, 320),
    ),
    "captions": RealSet(
        "MusicCaps' captions", "google/MusicCaps (musiccaps-public.csv) and audioset/ontology (ontology.json)",
        "CC BY-SA 4.0", "musiccaps-public.csv", captions,
        (*_by_both("05_text", features="vsm", target="cosine"),
         *_by_both("05_text", encoder="minilm", target="cosine")),
        (50, 100, 200, 400, 800), 12,
    ),
    "paired": RealSet(
        "Sound and captions of the same clips",
        "AudioSet's VGGish features (jramcast/music-genre-classification-audioset) and google/MusicCaps",
        "CC BY 4.0 and CC BY-SA 4.0", "vggish.npy", paired,
        (*_by_both("05_text", features="vsm", target="cosine"), *_by_both("05_text", embeddings=VGGISH, target="cosine"),
         *_by_both("07_multimodal", modalities="t", embeddings=VGGISH, target="cosine")),
        min_albums=12,
    ),
    "msd-i": RealSet(
        "MSD-I, genres only", "the multimodal set of Oramas et al. 2018 (zenodo.org/records/1240485); one table: "
        "lucasmarchd01/Genre_Recognition_Album_Cover", "MIT (the repository)", "csv_msd.csv", msd_i,
    ),
    "mtg-jamendo": RealSet(
        "MTG-Jamendo, genres only, by album", "MTG/mtg-jamendo-dataset on GitHub, split-0", "CC BY-NC-SA 4.0",
        "autotagging_genre-*.tsv", mtg_jamendo,
    ),
}  # fmt: skip
