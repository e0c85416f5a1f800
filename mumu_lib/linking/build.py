r"""Build the knowledge base of the local linker from DBpedia's dumps.

Paper: Section 5.2.  Notebook: 05.

    python -m mumu_lib.linking.build --categories categories_lang=en_articles.ttl.bz2 \
        --redirects redirects_lang=en_transitive.ttl.bz2 --out data/knowledge/dbpedia-2021

Get the dumps from https://databus.dbpedia.org (artifacts ``categories`` and ``redirects`` of the group ``generic``);
compressed and older files, such as ``article-categories_en.nt.bz2`` of 2015-04, work too. ``--labels`` adds names that
differ from the titles. Articles without categories, such as disambiguation pages, are left out.
"""

import json
import os
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError, ParameterError
from mumu_lib.core.files import make_folder, save_array, write_atomically, writing
from mumu_lib.linking import dictionary, dumps
from mumu_lib.linking.dictionary import FORMAT, LAYOUT, grouped

# Number of messages in info.json; the rest is only counted.
MAX_MESSAGES = 100


def build(
    folder: str | Path, categories: str | Path, redirects: str | Path | None = None, labels: str | Path | None = None
) -> dict[str, Any]:
    """Build a knowledge base in a temporary folder, and move it into place when it is complete.

    Parameters
    ----------
    folder : path
        Folder of the knowledge base; an older knowledge base in it is replaced.
    categories, redirects, labels : path
        Dumps; redirects and labels are optional.

    Returns
    -------
    info : dict
        Content of ``info.json``: ``articles``, ``names`` (in the dictionary), ``categories``, ``redirects``,
        ``redirects_in_cycles`` (left out), ``problems`` (lines left out) and the first of their messages.

    Raises
    ------
    ParameterError
        If the folder has other content.
    MissingDataError
        If a dump does not exist.
    BadDataError
        If a file is not a dump of its kind, or no name of any article can be linked.
    """
    folder = Path(folder)
    problems: list[str] = []
    _put_back(folder)
    _check_replaceable(folder)
    part = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(part, ignore_errors=True)
    make_folder(part)
    titles = marisa_trie.Trie(_titles(categories, redirects, []), **LAYOUT)
    dictionary.save(titles, part / "titles.marisa")
    arrays, counts = _articles(titles, categories, redirects, problems)
    label_names = list(_labels(titles, labels, problems))
    arrays |= dictionary.make(titles, arrays, label_names, part / "names.marisa")
    arrays |= dictionary.category_words(titles, arrays["category_title"])
    for name, array in arrays.items():
        save_array(part / f"{name}.npy", array)
    info: dict[str, Any] = {"format": FORMAT, "dumps": _file_names(categories, redirects, labels)}
    info |= counts
    info["names"] = len(arrays["weak"])
    info["problems"] = len(problems)
    info["first_problems"] = problems[:MAX_MESSAGES]
    write_atomically(part / "info.json", json.dumps(info, indent=1, ensure_ascii=False))
    _replace(part, folder)
    return info


def _check_replaceable(folder: Path) -> None:
    """Refuse a folder that has files but is not a knowledge base."""
    if not folder.exists() or (folder / "info.json").is_file():
        return
    if folder.is_file() or any(folder.iterdir()):
        raise ParameterError(
            f"{folder} holds no knowledge base; give a new folder, since everything in this one would be removed"
        )


def _file_names(categories: str | Path, redirects: str | Path | None, labels: str | Path | None) -> dict[str, str]:
    """Return the file name of each dump by its kind."""
    names = {}
    for kind, path in (("categories", categories), ("redirects", redirects), ("labels", labels)):
        if path:
            names[kind] = Path(path).name
    return names


def _backup(folder: Path) -> Path:
    """Return a unique name for the old knowledge base: users may keep a folder of their own called ``.old``."""
    return folder.with_name(folder.name + ".old.tmp")


def _put_back(folder: Path) -> None:
    """Restore the old knowledge base if a killed process left it under the name of the backup."""
    if _backup(folder).is_dir() and not folder.exists():
        with writing(folder):
            os.replace(_backup(folder), folder)


def _replace(part: Path, folder: Path) -> None:
    old = _backup(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(part, folder)
    shutil.rmtree(old, ignore_errors=True)


def _titles(categories: str | Path, redirects: str | Path | None, problems: list[str]) -> Iterator[str]:
    """Yield every title and category of the dumps; a title of several consecutive lines is yielded once."""
    for kind, path in (("categories", categories), ("redirects", redirects)):
        last = ""
        for title, other in _triples(path, kind, problems):
            if title != last:
                yield title
            yield other
            last = title


def _triples(path: str | Path | None, kind: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the triples of a dump; nothing if there is no such dump."""
    if path:
        yield from dumps.triples(path, kind, problems)


def _pairs(
    titles: marisa_trie.Trie, path: str | Path | None, kind: str, problems: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the subjects and the objects of a dump's triples."""
    names = chain.from_iterable(_triples(path, kind, problems))
    numbers = np.fromiter(map(titles.__getitem__, names), np.int64).reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1]


def _articles(
    titles: marisa_trie.Trie, categories: str | Path, redirects: str | Path | None, problems: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return the article that each title leads to and the categories of each article, and counts of them."""
    itself = np.arange(len(titles))
    article, category = _pairs(titles, categories, "categories", problems)
    has_categories = np.zeros(len(titles), bool)
    has_categories[article] = True
    alias, redirected = _pairs(titles, redirects, "redirects", problems)
    target = itself.copy()
    target[alias] = redirected
    target, cyclic = resolve(target)
    # Keep an alias as an article if its target has no categories: it may have some itself.
    target = np.where(has_categories[target], target, itself)
    own = target[article] == article
    category_title, dense = np.unique(category[own], return_inverse=True)
    starts, members = grouped(article[own], dense, len(titles))
    linked = has_categories[target]
    arrays = {
        "target": np.where(linked, target, -1).astype(np.int32),
        "category_title": category_title.astype(np.int32),
        "categories_start": starts,
        "categories": members,
    }
    counts = {
        "articles": int((np.diff(starts) > 0).sum()),
        "categories": len(category_title),
        "redirects": int((linked & (target != itself)).sum()),
        "redirects_in_cycles": int(cyclic.sum()),
    }
    return arrays, counts


def resolve(target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow redirects to their ends.

    Parameters
    ----------
    target : np.ndarray [shape=(n,), int]
        Redirect of each title; an article redirects to itself.

    Returns
    -------
    end : np.ndarray [shape=(n,), int]
        End of the chain from each title; the title itself if the chain is a cycle.
    cyclic : np.ndarray [shape=(n,), bool]
        Whether the chain is a cycle.

    Examples
    --------
    >>> end, cyclic = resolve(np.array([1, 2, 2, 4, 3]))
    >>> end.tolist(), cyclic.tolist()
    ([2, 2, 2, 3, 4], [False, False, False, True, True])
    """
    end = target
    # Each step doubles the length that is followed, so all chains without a cycle end within these steps.
    for _ in range(len(target).bit_length() + 1):
        end = end[end]
    cyclic = target[end] != end
    return np.where(cyclic, np.arange(len(target)), end), cyclic


def _labels(titles: marisa_trie.Trie, path: str | Path | None, problems: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the labels that differ from their title, with ``_`` for blanks, and the number of the title."""
    for title, label in _triples(path, "labels", problems):
        name = label.replace(" ", "_")
        if name != title and title in titles:
            yield name, titles[title]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line that the module describes."""
    parser = Parser(
        prog="python -m mumu_lib.linking.build", description="Build a knowledge base for the local entity linker."
    )
    parser.add_argument("--categories", required=True, help="dump of article categories from DBpedia")
    parser.add_argument("--redirects", help="dump of redirects from DBpedia, transitive or not")
    parser.add_argument("--labels", help="dump of labels from DBpedia")
    parser.add_argument("--out", required=True, help="folder of the knowledge base")
    chosen = parser.parse_args(arguments)
    try:
        info = build(chosen.out, chosen.categories, chosen.redirects, chosen.labels)
    except MumuError as error:
        parser.exit(1, f"{error}\n")
    for message in info.pop("first_problems"):
        print(f"left out: {message}")
    counts = []
    for name, value in info.items():
        if name not in ("format", "dumps"):
            counts.append(f"{value:,} {name}")
    print(", ".join(counts))


if __name__ == "__main__":
    main()
