"""Where notebook 05 takes an album's vector from: reviews, the published matrices, or a file of the user's own.

Paper: Section 5.2.  Notebooks: 05_text.

All three answer to the same calls, so that the notebook reads the same for each of them.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError
from mumu_lib.core.fingerprints import digest
from mumu_lib.encoders import choice
from mumu_lib.experiments import LINE, encoder_of, is_line
from mumu_lib.features import embeddings
from mumu_lib.params import Text
from mumu_lib.text import aggregate, release, save_vectorizer, sentences, tfidf, tfidf_rows
from mumu_lib.text.words import Words, read


class Reader:
    """What gives every album a vector.

    Attributes
    ----------
    name : str
        ``reviews``, ``published`` or ``embeddings``.
    label : str
        What files made of these vectors are called after.
    terms : np.ndarray [shape=(columns,), str]
        Names of the first columns, once the vectors are made; empty where they have none.
    texts : pd.Series [length albums]
        Of reviews; else empty.
    words : Words or None
        Of reviews, after :meth:`link`.
    made_of : str
        Digest of the vectors of a file, once they are read; else empty.
    encoder : dict or None
        The pretrained encoder, if there is one, as ``metrics.json`` keeps it.
    """

    name = ""

    def __init__(self, catalogue: Catalogue, cfg: Text) -> None:
        self.catalogue, self.cfg = catalogue, cfg
        self.label = f"{setting_of(cfg)}_{self.name}"
        self.terms = np.array([])
        self.texts = pd.Series(dtype="str")
        self.words: Words | None = None
        self.made_of = ""
        self.encoder: dict[str, Any] | None = None

    def report(self) -> str:
        """Say what there is to read."""
        return f"{self.name} vectors: there is no text to read"

    def link(self) -> str:
        """Find entities where the setting asks for them; say what was found."""
        return f"{self.name} vectors: there is nothing to link"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return a vector of every album [shape=(albums, columns)], and keep in the run what a new album needs."""
        raise NotImplementedError


class Published(Reader):
    """The authors' own tf-idf matrices; which word a column stands for was not published."""

    name = "published"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the published vector of every album [shape=(albums, columns)]."""
        return release.published(self.catalogue, self.cfg.features)


class Own(Reader):
    """Album vectors from a file of the user's own, scaled to length 1 where the recipe itself scales nothing."""

    name = "embeddings"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the vector of every album from the file [shape=(albums, columns)]; say how long they are."""
        X = embeddings.load(self.cfg.embeddings, self.catalogue)
        self.made_of = digest(X)
        lengths = np.linalg.norm(X, axis=1, keepdims=True)
        shortest, longest = np.nanmin(lengths), np.nanmax(lengths)
        print(f"lengths from {shortest:.3g} to {longest:.3g}; the network gets vectors of length 1")
        return X / lengths if self.cfg.recipe == "paper" else X


class Reviews(Reader):
    """tf-idf of the reviews, with or without what they mention."""

    name = "reviews"

    def __init__(self, catalogue: Catalogue, cfg: Text) -> None:
        super().__init__(catalogue, cfg)
        self.label = cfg.features
        self.texts = aggregate(catalogue, cfg.characters, cfg.seed)

    def report(self) -> str:
        """Say how many albums have a text, how long texts are, and how the first begins."""
        lengths = self.texts.str.len()
        return (
            f"{self.texts.notna().sum()} of {len(self.texts)} albums have a text\n"
            f"{(lengths == self.cfg.characters).mean():.0%} were cut; median length {lengths.median():.0f}\n"
            f"{self.texts.iloc[0][:100]} ..."
        )

    def link(self) -> str:
        """Read the texts as the setting asks; say what was found in them."""
        settings = {"linker": self.cfg.linker, "knowledge": self.cfg.knowledge}
        self.words = read(self.cfg.features, self.texts, self.catalogue, settings)
        self.encoder = self.words.encoder
        return self.words.report()

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return tf-idf of every album [shape=(albums, terms)], and keep the vocabulary in the run."""
        if self.words is None:
            raise ParameterError("link the texts first: reader.link()")
        X, vectorizer = tfidf(self.words.texts, self.catalogue.rows("train"), self.cfg.vocabulary)
        made = {name: getattr(self.cfg, name) for name in ("features", "characters", "linker", "knowledge")}
        save_vectorizer(run, vectorizer, made)
        self.terms = vectorizer.get_feature_names_out()
        return self.words.beside(X)


class Sentences(Reviews):
    """What a pretrained encoder makes of the reviews; its numbers have no names."""

    def __init__(self, catalogue: Catalogue, cfg: Text) -> None:
        self._encoder = sentences.open_encoder(cfg.encoder)
        super().__init__(catalogue, cfg)
        self.label = cfg.encoder
        self.encoder = choice.recorded(cfg.encoder)["encoder"]

    def link(self) -> str:
        """Say who reads the texts; nothing is linked."""
        about = self._encoder.about
        return f"{about.name} reads the texts as they are, no entities linked; {about.length} numbers an album"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the encoder's vector of every album [shape=(albums, length)], NaN without a text."""
        return sentences.vectors(self._encoder, self.texts)


def rows_of(texts: pd.Series, folder: Path, params: dict[str, Any], catalogue: Catalogue) -> np.ndarray | sp.csr_matrix:
    """Return the vectors of texts as a finished run on reviews made them.

    Parameters
    ----------
    texts : pd.Series
        As :func:`mumu_lib.text.aggregate` makes them.
    folder : Path
        Of the run.
    params : dict
        Its parameters (:func:`mumu_lib.runs.parameters`).

    Raises
    ------
    MissingDataError
        Its vocabulary or its encoder is not there.
    """
    if params["encoder"]:
        return sentences.vectors(sentences.open_encoder(params["encoder"]), texts)
    return tfidf_rows(texts, folder, catalogue)


def reader(catalogue: Catalogue, cfg: Text) -> Reader:
    """Return what gives every album its vector, by the parameters of 05.

    Raises
    ------
    MissingDataError
        Neither reviews nor what was asked for are there.
    ParameterError
        Published matrices are to be read by an encoder.
    """
    kinds: dict[str, type[Reader]] = {kind.name: kind for kind in (Published, Own, Reviews)}
    encoder = encoder_of(setting_of(cfg))
    source = release.source_of(catalogue, cfg.matrices, cfg.embeddings, encoder)
    if cfg.encoder:
        return Sentences(catalogue, cfg)
    return kinds[source](catalogue, cfg)


def setting_of(cfg: Text) -> str:
    """Return the setting of the run: the text feature, the encoder, or the name of the file of own vectors."""
    if cfg.embeddings:
        return Path(cfg.embeddings).stem
    return cfg.encoder or cfg.features


def row_of(cfg: Text) -> tuple[str, str, str]:
    """Return what makes the id of the run: modality, target and setting; the modality of a file's vectors is ``own``.

    Raises
    ------
    ParameterError
        A file whose name is that of a straight line.
    """
    if is_line(setting_of(cfg)):
        raise ParameterError(
            f"embeddings={cfg.embeddings!r}: names that begin with {LINE!r} are those of straight lines; rename the file"
        )
    return ("own" if cfg.embeddings else "text"), cfg.target, setting_of(cfg)
