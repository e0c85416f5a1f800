r"""Make a knowledge base for the local linker from DBpedia's dumps, once.

Paper: Section 5.2.  Notebook: 05.

    python -m mumu_lib.linking.build --categories categories_lang=en_articles.ttl.bz2 \
        --redirects redirects_lang=en_transitive.ttl.bz2 --out data/knowledge/dbpedia-2021

The files are at https://databus.dbpedia.org (artifacts ``categories`` and ``redirects`` of the group ``generic``),
compressed or not, those of 2015-04 (``article-categories_en.nt.bz2``) too. ``--labels`` adds names that differ from the
titles. An article without categories, as disambiguation pages are, adds nothing to a text and is left out.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError, ParameterError
from mumu_lib.core.files import make_folder, save_array, write_atomically, writing
from mumu_lib.linking import dictionary, dumps
from mumu_lib.linking.dictionary import FORMAT, LAYOUT, grouped

# So many messages are kept in info.json; all are counted.
SHOWN = 100


def build(
    folder: str | Path, categories: str | Path, redirects: str | Path | None = None, labels: str | Path | None = None
) -> dict[str, Any]:
    """Make a knowledge base; nothing takes its name before it is whole.

    Parameters
    ----------
    folder : path
        Of the knowledge base; one that is there is replaced, any other folder is not.
    categories, redirects, labels : path
        Dumps; the last two may be missing.

    Returns
    -------
    info : dict
        Also in ``info.json``: ``articles``, ``names`` (in the dictionary), ``categories``, ``redirects``,
        ``redirects_in_cycles`` (left out), ``problems`` (lines left out) and the first of their messages.

    Raises
    ------
    ParameterError
        The folder holds something else.
    MissingDataError
        A dump is not there.
    BadDataError
        It is no dump of its kind, or no name of any article can be linked.
    """
    folder, problems = Path(folder), list[str]()
    _put_back(folder)
    if folder.exists() and not (folder / "info.json").is_file() and (folder.is_file() or any(folder.iterdir())):
        raise ParameterError(
            f"{folder} holds no knowledge base; give a new folder, as all in this one would be removed"
        )
    part = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(part, ignore_errors=True)
    make_folder(part)
    titles = marisa_trie.Trie(_titles(categories, redirects, []), **LAYOUT)
    dictionary.save(titles, part / "titles.marisa")
    arrays, counts = _articles(titles, categories, redirects, problems)
    named = [*_labels(titles, labels, problems)]
    arrays |= dictionary.make(titles, arrays, named, part / "names.marisa")
    arrays |= dictionary.category_words(titles, arrays["category_title"])
    for name, array in arrays.items():
        save_array(part / f"{name}.npy", array)
    dump_files = {"categories": categories, "redirects": redirects, "labels": labels}
    info = {
        "format": FORMAT,
        "dumps": {kind: Path(path).name for kind, path in dump_files.items() if path},
        **counts,
        "names": len(arrays["weak"]),
        "problems": len(problems),
        "first_problems": problems[:SHOWN],
    }
    write_atomically(part / "info.json", json.dumps(info, indent=1, ensure_ascii=False))
    _replace(part, folder)
    return info


def _aside(folder: Path) -> Path:
    # Not plainly .old, as people call what they keep.
    return folder.with_name(folder.name + ".old.tmp")


def _put_back(folder: Path) -> None:
    """Put back a knowledge base that a killed process had set aside, so that what follows may fail."""
    if _aside(folder).is_dir() and not folder.exists():
        with writing(folder):
            os.replace(_aside(folder), folder)


def _replace(part: Path, folder: Path) -> None:
    old = _aside(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(part, folder)
    shutil.rmtree(old, ignore_errors=True)


def _titles(categories: str | Path, redirects: str | Path | None, problems: list[str]) -> Iterator[str]:
    """Every title and category of the dumps; one that repeats itself line by line only once."""
    for kind, path in (("categories", categories), ("redirects", redirects)):
        last = ""
        for title, other in dumps.triples(path, kind, problems) if path else ():
            if title != last:
                yield title
            yield other
            last = title


def _pairs(
    titles: marisa_trie.Trie, path: str | Path | None, kind: str, problems: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    number = titles.__getitem__
    found = (number(name) for pair in (dumps.triples(path, kind, problems) if path else ()) for name in pair)
    numbers = np.fromiter(found, np.int64).reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1]


def _articles(
    titles: marisa_trie.Trie, categories: str | Path, redirects: str | Path | None, problems: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Which title leads to which article, and the categories of each."""
    article, category = _pairs(titles, categories, "categories", problems)
    has = np.zeros(len(titles), bool)
    has[article] = True
    alias, goal = _pairs(titles, redirects, "redirects", problems)
    target = np.arange(len(titles))
    target[alias] = goal
    target, cyclic = resolve(target)
    # Of an article that stands under no category nothing is known; an alias may stand under some itself.
    target = np.where(has[target], target, np.arange(len(titles)))
    own = target[article] == article
    category_title, dense = np.unique(category[own], return_inverse=True)
    starts, members = grouped(article[own], dense, len(titles))
    leads = has[target]
    arrays = {
        "target": np.where(leads, target, -1).astype(np.int32),
        "category_title": category_title.astype(np.int32),
        "categories_start": starts,
        "categories": members,
    }
    counts = {
        "articles": int((np.diff(starts) > 0).sum()),
        "categories": len(category_title),
        "redirects": int((leads & (target != np.arange(len(titles)))).sum()),
        "redirects_in_cycles": int(cyclic.sum()),
    }
    return arrays, counts


def resolve(target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow redirects to their ends.

    Parameters
    ----------
    target : np.ndarray [shape=(n,), int]
        Where each title leads; an article leads to itself.

    Returns
    -------
    end : np.ndarray [shape=(n,), int]
        Where the chain from each title ends; a title whose chain runs in a circle leads to itself.
    cyclic : np.ndarray [shape=(n,), bool]
        Which those are.
    """
    end = target
    # Each step doubles the length that is followed; after these all chains without a circle have ended.
    for _ in range(len(target).bit_length() + 1):
        end = end[end]
    cyclic = target[end] != end
    return np.where(cyclic, np.arange(len(target)), end), cyclic


def _labels(titles: marisa_trie.Trie, path: str | Path | None, problems: list[str]) -> Iterator[tuple[str, int]]:
    """Labels that differ from their title, written like titles, and the title's number."""
    for title, label in dumps.triples(path, "labels", problems) if path else ():
        name = label.replace(" ", "_")
        if name != title and title in titles:
            yield name, titles[title]


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the module."""
    parser = Parser(
        prog="python -m mumu_lib.linking.build", description="Make a knowledge base for the local entity linker."
    )
    parser.add_argument("--categories", required=True, help="DBpedia's dump of article categories")
    parser.add_argument("--redirects", help="DBpedia's dump of redirects, transitive or not")
    parser.add_argument("--labels", help="DBpedia's dump of labels")
    parser.add_argument("--out", required=True, help="folder of the knowledge base")
    chosen = parser.parse_args(arguments)
    try:
        info = build(chosen.out, chosen.categories, chosen.redirects, chosen.labels)
    except MumuError as error:
        parser.exit(1, f"{error}\n")
    for message in info.pop("first_problems"):
        print(f"left out: {message}")
    print(", ".join(f"{value:,} {name}" for name, value in info.items() if name not in ("format", "dumps")))


if __name__ == "__main__":
    main()
