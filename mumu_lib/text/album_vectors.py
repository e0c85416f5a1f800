"""Album vectors for notebook 05: from reviews, the published matrices, or a file of embeddings.

Paper: Section 5.2.  Notebooks: 05_text.

All sources share one interface (:class:`Reader`), hence the notebook is the same for each of them.
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
    """A source of album vectors.

    Attributes
    ----------
    name : str
        ``reviews``, ``published`` or ``embeddings``.
    label : str
        Suffix of the names of figures and tables made from these vectors.
    terms : np.ndarray [shape=(columns,), str]
        Names of the first columns, set by :meth:`vectors`; empty if the columns have no names.
    texts : pd.Series [length albums]
        Texts of the reviews; empty for other sources.
    words : Words or None
        Prepared texts of the reviews, set by :meth:`link`.
    made_of : str
        Digest of the embeddings of a file, set by :meth:`vectors`; empty for other sources.
    encoder : dict or None
        The pretrained encoder, if any, as recorded in ``metrics.json``.
    """

    name = ""

    def __init__(self, catalogue: Catalogue, cfg: Text) -> None:
        self.catalogue = catalogue
        self.cfg = cfg
        self.label = f"{setting_of(cfg)}_{self.name}"
        self.terms = np.array([])
        self.texts = pd.Series(dtype="str")
        self.words: Words | None = None
        self.made_of = ""
        self.encoder: dict[str, Any] | None = None

    def report(self) -> str:
        """Describe the texts."""
        return f"{self.name} vectors: there is no text to read"

    def link(self) -> str:
        """Link entities if the setting includes them; describe the result."""
        return f"{self.name} vectors: there is nothing to link"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the vectors of all albums [shape=(albums, columns)]; write to the run what encoding new albums needs."""
        raise NotImplementedError


class Published(Reader):
    """The authors' own tf-idf matrices, whose terms were not published."""

    name = "published"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the published vectors [shape=(albums, columns)]."""
        return release.published(self.catalogue, self.cfg.features)


class Own(Reader):
    """Album embeddings from a file, scaled to length 1 for the paper's recipe, which does not scale its inputs."""

    name = "embeddings"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the embeddings from the file [shape=(albums, columns)]; print their range of lengths."""
        X = embeddings.load(self.cfg.embeddings, self.catalogue)
        self.made_of = digest(X)
        lengths = np.linalg.norm(X, axis=1, keepdims=True)
        print(
            f"lengths from {np.nanmin(lengths):.3g} to {np.nanmax(lengths):.3g}; the network gets vectors of length 1"
        )
        if self.cfg.recipe == "paper":
            return X / lengths
        return X


class Reviews(Reader):
    """tf-idf of the reviews, with or without linked entities."""

    name = "reviews"

    def __init__(self, catalogue: Catalogue, cfg: Text) -> None:
        super().__init__(catalogue, cfg)
        self.label = cfg.features
        self.texts = aggregate(catalogue, cfg.characters, cfg.seed)

    def report(self) -> str:
        """Describe how many albums have a text, the lengths of the texts, and the beginning of the first."""
        lengths = self.texts.str.len()
        return (
            f"{self.texts.notna().sum()} of {len(self.texts)} albums have a text\n"
            f"{(lengths == self.cfg.characters).mean():.0%} were cut; median length {lengths.median():.0f}\n"
            f"{self.texts.iloc[0][:100]} ..."
        )

    def link(self) -> str:
        """Prepare the texts for the setting; describe the result."""
        settings = {"linker": self.cfg.linker, "knowledge": self.cfg.knowledge}
        self.words = read(self.cfg.features, self.texts, self.catalogue, settings)
        self.encoder = self.words.encoder
        return self.words.report()

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the tf-idf of all albums [shape=(albums, terms)]; write the vocabulary to the run."""
        if self.words is None:
            raise ParameterError("link the texts first: reader.link()")
        X, vectorizer = tfidf(self.words.texts, self.catalogue.rows("train"), self.cfg.vocabulary)
        settings = {
            "features": self.cfg.features,
            "characters": self.cfg.characters,
            "linker": self.cfg.linker,
            "knowledge": self.cfg.knowledge,
        }
        save_vectorizer(run, vectorizer, settings)
        self.terms = vectorizer.get_feature_names_out()
        return self.words.append_embeddings(X)


class Sentences(Reviews):
    """Embeddings of the reviews by a pretrained encoder, whose dimensions have no names."""

    def __init__(self, catalogue: Catalogue, cfg: Text) -> None:
        self._encoder = sentences.open_encoder(cfg.encoder)
        super().__init__(catalogue, cfg)
        self.label = cfg.encoder
        self.encoder = choice.recorded(cfg.encoder)["encoder"]

    def link(self) -> str:
        """Describe the encoder; no entities are linked."""
        about = self._encoder.about
        return f"{about.name} encodes the texts, no entities linked; {about.length} dimensions per album"

    def vectors(self, run: Path) -> np.ndarray | sp.csr_matrix:
        """Return the embeddings of all albums [shape=(albums, length)], NaN for an album without a text."""
        return sentences.embed(self._encoder, self.texts)


def rows_of(texts: pd.Series, folder: Path, params: dict[str, Any], catalogue: Catalogue) -> np.ndarray | sp.csr_matrix:
    """Return the vectors of texts, computed as in a finished run on reviews.

    Parameters
    ----------
    texts : pd.Series
        From :func:`mumu_lib.text.aggregate`.
    folder : Path
        Folder of the run.
    params : dict
        Its parameters (:func:`mumu_lib.runs.parameters`).

    Raises
    ------
    MissingDataError
        If the run's vocabulary or encoder is missing.
    """
    if params["encoder"]:
        return sentences.embed(sentences.open_encoder(params["encoder"]), texts)
    return tfidf_rows(texts, folder, catalogue)


def reader(catalogue: Catalogue, cfg: Text) -> Reader:
    """Return the source of album vectors that the parameters of 05 select.

    Raises
    ------
    MissingDataError
        If the catalogue has neither the requested source nor reviews.
    ParameterError
        If an encoder is combined with the published matrices.
    """
    readers: dict[str, type[Reader]] = {"published": Published, "embeddings": Own, "reviews": Reviews}
    encoder = encoder_of(setting_of(cfg))
    source = release.source_of(catalogue, cfg.matrices, cfg.embeddings, encoder)
    if cfg.encoder:
        return Sentences(catalogue, cfg)
    return readers[source](catalogue, cfg)


def setting_of(cfg: Text) -> str:
    """Return the setting of the run: the text feature, the encoder, or the name of the file of embeddings."""
    if cfg.embeddings:
        return Path(cfg.embeddings).stem
    return cfg.encoder or cfg.features


def row_of(cfg: Text) -> tuple[str, str, str]:
    """Return modality, target and setting, which form the id of the run; the modality of a file is ``own``.

    Raises
    ------
    ParameterError
        If the name of the file is reserved for linear models.
    """
    setting = setting_of(cfg)
    if is_line(setting):
        raise ParameterError(
            f"embeddings={cfg.embeddings!r}: names that begin with {LINE!r} are reserved for linear models; rename the file"
        )
    if cfg.embeddings:
        return "own", cfg.target, setting
    return "text", cfg.target, setting
