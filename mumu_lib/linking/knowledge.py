"""Open a knowledge base of names, articles and categories.

Paper: Section 5.2.  Built by :mod:`mumu_lib.linking.build`; all files are memory-mapped.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np

from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.parsing import parsing, read_array, read_json
from mumu_lib.linking import surfaces, words
from mumu_lib.linking.dictionary import CATEGORY, FORMAT

REBUILD_HINT = f"make it with  {commands.python('mumu_lib.linking.build', categories='FILE', out='FOLDER')}"
ARRAYS = (
    "target", "category_title", "categories_start", "categories", "articles_start", "articles", "weak", "filter",
    "words_start", "words", "word_weight",
)  # fmt: skip
CACHE_SIZE = 1 << 18


class Knowledge:
    """Names, articles and categories of a knowledge base.

    Attributes
    ----------
    info : dict
        As :func:`mumu_lib.linking.build.build` returns it.

    Raises
    ------
    MissingDataError
        If the folder has no knowledge base.
    BadDataError
        If it has another format, or a part is missing or truncated.
    """

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        if not (folder / "info.json").is_file():
            raise MissingDataError(f"{folder} holds no knowledge base; {REBUILD_HINT}")
        self.info: dict[str, Any] = read_json(folder / "info.json", REBUILD_HINT)
        with parsing(f"the knowledge base {folder}", REBUILD_HINT):
            if self.info["format"] != FORMAT:
                raise ValueError(f"it has format {self.info['format']}, not {FORMAT}")
            self._arrays = {name: _mapped(folder / f"{name}.npy") for name in ARRAYS}
            self._titles = marisa_trie.Trie().mmap(str(folder / "titles.marisa"))
            self._names = marisa_trie.Trie().mmap(str(folder / "names.marisa"))
        # One cache per instance, since numbers of articles differ between knowledge bases.
        self.articles = lru_cache(CACHE_SIZE)(self._articles)
        self.title = lru_cache(CACHE_SIZE)(self._title)
        self.only_sense = lru_cache(CACHE_SIZE)(self._only_sense)
        self.profile = lru_cache(CACHE_SIZE)(self._profile)

    def candidates(self, text_words: words.Words) -> tuple[list[int], list[int]]:
        """Return the words at which a name may begin, and how many words it may have; see :mod:`words`."""
        return words.candidates(text_words, self._arrays["filter"])

    def longest(self, window: str) -> tuple[int, int, bool]:
        """Return the longest name at the beginning of a text that ends at the end of a word.

        Returns
        -------
        length : int
            0 if there is no such name.
        name : int
            Number of the name.
        weak : bool
            Whether the name is one ordinary word, which does not link at the start of a sentence.
        """
        for name in reversed(self._names.prefixes(window)):
            end = len(name)
            if end == len(window) or not (_in_word(window[end]) and _in_word(name[-1])):
                number = self._names[name]
                return end, number, bool(self._arrays["weak"][number])
        return 0, -1, False

    def _articles(self, name: int) -> tuple[int, ...]:
        """Return the articles that a name may refer to, the preferred one first."""
        return tuple(self._group("articles", name))

    def _only_sense(self, name: int) -> tuple[int, str] | None:
        """Return the article of an unambiguous name and its title; None for an ambiguous name."""
        articles = self._group("articles", name)
        if len(articles) != 1:
            return None
        return articles[0], self.title(articles[0])

    def _title(self, article: int) -> str:
        return self._titles.restore_key(article)

    def _profile(self, article: int) -> tuple[tuple[int, ...], tuple[float, ...], float]:
        """Return the words of an article's categories, their weights, and the norm of the weights."""
        found: set[int] = set()
        for category in self._group("categories", article):
            found.update(self._group("words", category))
        numbers = sorted(found)
        weights = self._arrays["word_weight"][np.array(numbers, int)]
        return tuple(numbers), tuple(weights.tolist()), float(np.linalg.norm(weights))

    def _group(self, member: str, number: int) -> list[int]:
        """Return one group of an array that :func:`mumu_lib.linking.dictionary.grouped` made."""
        starts = self._arrays[f"{member}_start"]
        return self._arrays[member][starts[number] : starts[number + 1]].tolist()

    def is_primary(self, article: int, surface: str) -> bool:
        """Return whether the title or redirect equal to a surface form leads to an article."""
        number = self._titles.get((surface[0].upper() + surface[1:]).replace(" ", "_"), -1)
        return number >= 0 and self._arrays["target"][number] == article

    def find(self, title: str) -> int:
        """Return the article of a title, a redirect or an unambiguous name; -1 if there is none."""
        written = title.strip().replace(" ", "_")
        number = self._titles.get(written[:1].upper() + written[1:], -1)
        if number >= 0:
            return int(self._arrays["target"][number])
        name = self._names.get(surfaces.alike(title.replace("_", " ")), -1)
        if name < 0:
            return -1
        articles = self.articles(name)
        if len(articles) != 1:
            return -1
        return articles[0]

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Return the categories of articles, with ``_`` for blanks; an empty list for an unknown title."""
        return {title: self._categories(self.find(title)) for title in titles}

    def _categories(self, article: int) -> list[str]:
        if article < 0:
            return []
        names = []
        for category in self._group("categories", article):
            title = int(self._arrays["category_title"][category])
            names.append(self._titles.restore_key(title).removeprefix(CATEGORY))
        return sorted(names)


def _mapped(path: Path) -> np.ndarray:
    # A view as a plain array, since indexing of a memmap is slow.
    return read_array(path, REBUILD_HINT).view(np.ndarray)


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"
