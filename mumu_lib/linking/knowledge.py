"""An opened knowledge base: what is known of names, articles and categories.

Paper: Section 5.2.  Made by :mod:`mumu_lib.linking.build`; everything is mapped from disk, not loaded.
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
    """Names, articles and categories.

    Attributes
    ----------
    info : dict
        What :func:`mumu_lib.linking.build.build` says of it.

    Raises
    ------
    MissingDataError
        There is none in the folder.
    BadDataError
        It is of another format, or a part of it is missing or cut.
    """

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        if not (folder / "info.json").is_file():
            raise MissingDataError(f"{folder} holds no knowledge base; {REBUILD_HINT}")
        self.info: dict[str, Any] = read_json(folder / "info.json", REBUILD_HINT)
        with parsing(f"the knowledge base {folder}", REBUILD_HINT):
            if self.info["format"] != FORMAT:
                raise ValueError(f"it is of format {self.info['format']}, not {FORMAT}")
            self._arrays = {name: _mapped(folder / f"{name}.npy") for name in ARRAYS}
            self._titles, self._names = (
                marisa_trie.Trie().mmap(str(folder / f"{name}.marisa")) for name in ("titles", "names")
            )
        # Plain functions remembered per instance, so that two knowledge bases never share an answer.
        self.articles = lru_cache(CACHE_SIZE)(self._articles)
        self.title = lru_cache(CACHE_SIZE)(self._title)
        self.only_sense = lru_cache(CACHE_SIZE)(self._only_sense)
        self.profile = lru_cache(CACHE_SIZE)(self._profile)

    def candidates(self, found: words.Words) -> tuple[list[int], list[int]]:
        """At which words of a text a name may begin, and how far it may reach; see :mod:`words`."""
        return words.candidates(found, self._arrays["filter"])

    def longest(self, window: str) -> tuple[int, int, bool]:
        """Longest name that a text begins with and that ends where a word does.

        Returns
        -------
        length : int
            0 if there is none.
        name : int
            Its number.
        weak : bool
            Whether it is one ordinary word, which says nothing at the start of a sentence.
        """
        for name in reversed(self._names.prefixes(window)):
            end = len(name)
            if end == len(window) or not (_in_word(window[end]) and _in_word(name[-1])):
                number = self._names[name]
                return end, number, bool(self._arrays["weak"][number])
        return 0, -1, False

    def _articles(self, name: int) -> tuple[int, ...]:
        """Articles that a name may stand for, the preferred one first."""
        return tuple(self._group("articles", name))

    def _only_sense(self, name: int) -> tuple[int, str] | None:
        """Article of a name, and its title, if there is only one."""
        articles = self._group("articles", name)
        return (articles[0], self.title(articles[0])) if len(articles) == 1 else None

    def _title(self, article: int) -> str:
        return self._titles.restore_key(article)

    def _profile(self, article: int) -> tuple[tuple[int, ...], tuple[float, ...], float]:
        """Words of an article's categories, what each weighs, and the length of that vector."""
        numbers = sorted(
            {word for category in self._group("categories", article) for word in self._group("words", category)}
        )
        weights = self._arrays["word_weight"][np.array(numbers, int)]
        return tuple(numbers), tuple(weights.tolist()), float(np.linalg.norm(weights))

    def _group(self, of: str, number: int) -> list[int]:
        starts = self._arrays[f"{of}_start"]
        return self._arrays[of][starts[number] : starts[number + 1]].tolist()

    def is_primary(self, article: int, surface: str) -> bool:
        """Whether a text that says this may mean no other article by Wikipedia's own titles."""
        number = self._titles.get((surface[0].upper() + surface[1:]).replace(" ", "_"), -1)
        return number >= 0 and self._arrays["target"][number] == article

    def find(self, title: str) -> int:
        """Article of a title, a redirect or a name that has only one; -1 if there is none."""
        written = title.strip().replace(" ", "_")
        number = self._titles.get(written[:1].upper() + written[1:], -1)
        if number >= 0:
            return int(self._arrays["target"][number])
        name = self._names.get(surfaces.alike(title.replace("_", " ")), -1)
        meant = self.articles(name) if name >= 0 else ()
        return meant[0] if len(meant) == 1 else -1

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Categories of articles, with ``_`` for blanks; an empty list for a title it does not know."""
        return {title: self._categories(self.find(title)) for title in titles}

    def _categories(self, article: int) -> list[str]:
        numbers = self._group("categories", article) if article >= 0 else []
        names = [self._titles.restore_key(int(self._arrays["category_title"][number])) for number in numbers]
        return sorted(name.removeprefix(CATEGORY) for name in names)


def _mapped(path: Path) -> np.ndarray:
    # As a plain array: a memmap's own indexing is slow.
    return read_array(path, REBUILD_HINT).view(np.ndarray)


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"
