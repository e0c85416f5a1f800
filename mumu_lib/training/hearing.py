"""Audio features of notebook 04: patches of a spectrogram, timbre statistics, or embeddings of a pretrained encoder.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.

The same functions serve all three kinds.
"""

from mumu_lib.audio import store as audio_store
from mumu_lib.audio.store import AudioStore
from mumu_lib.catalogue import Catalogue
from mumu_lib.encoders import choice, store as encoder_store
from mumu_lib.experiments import AUDIO_ENCODERS
from mumu_lib.params import Audio, with_recipe


def settled(cfg: Audio, catalogue: Catalogue) -> Audio:
    """Return the parameters of 04 with encoder and recipe resolved for a catalogue (``musicnn``, ``auto``).

    Examples
    --------
    >>> settled(cfg, music).encoder  # doctest: +SKIP
    'mtt_musicnn'
    """
    return with_recipe(choice.with_encoder(cfg, catalogue), synthetic=catalogue.synthetic)


def kind_of(cfg: Audio) -> str:
    """Return the kind of audio features that the parameters require: ``cqt``, ``timbre``, or the name of an encoder."""
    return cfg.encoder or audio_store.kind_of(cfg.filters)


def require(catalogue: Catalogue, kind: str) -> None:
    """Check that a catalogue has recordings, and that the encoder is installed.

    Raises
    ------
    MissingDataError
        Either is missing; the message tells what to do.
    """
    audio_store.require(catalogue, kind)
    if kind in AUDIO_ENCODERS:
        choice.require(kind)


def first_sound(catalogue: Catalogue, kind: str) -> str:
    """Describe the features of the first recording of a catalogue, in two lines."""
    if kind in AUDIO_ENCODERS:
        return encoder_store.first_sound(catalogue, kind)
    return audio_store.first_sound(catalogue, kind)


def extract(catalogue: Catalogue, kind: str, *, patches: int, workers: int, seed: int) -> AudioStore:
    """Extract the features of all tracks; features from an earlier call are kept.

    Parameters
    ----------
    catalogue : Catalogue
    kind : str
        From :func:`kind_of`.
    patches, workers, seed : int
        As for :func:`mumu_lib.audio.store.extract`; the features of an encoder do not depend on them.
    """
    if kind in AUDIO_ENCODERS:
        return encoder_store.encode(catalogue, kind, workers=workers)
    return audio_store.extract(catalogue, kind, patches=patches, workers=workers, seed=seed)
