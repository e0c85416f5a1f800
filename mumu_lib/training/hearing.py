"""What notebook 04 hears of a recording: patches of a spectrogram, timbre statistics, or vectors of a pretrained encoder.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.

All three come from the same calls, so that the notebook reads the same for each of them.
"""

from mumu_lib.audio import store as audio_store
from mumu_lib.audio.store import AudioStore
from mumu_lib.catalogue import Catalogue
from mumu_lib.encoders import choice, store as encoder_store
from mumu_lib.experiments import AUDIO_ENCODERS
from mumu_lib.params import Audio, with_recipe


def settled(cfg: Audio, catalogue: Catalogue) -> Audio:
    """Return parameters of 04 with the encoder and the recipe that are meant on a catalogue.

    Examples
    --------
    >>> settled(cfg, music).encoder  # doctest: +SKIP
    'mtt_musicnn'
    """
    return with_recipe(choice.with_encoder(cfg, catalogue), synthetic=catalogue.synthetic)


def kind_of(cfg: Audio) -> str:
    """Return ``cqt``, ``timbre``, or the name of an encoder."""
    return cfg.encoder or audio_store.kind_of(cfg.filters)


def require(catalogue: Catalogue, kind: str) -> None:
    """Stop where a catalogue has no recordings, or an encoder is not here.

    Raises
    ------
    MissingDataError
        With what to do about it.
    """
    audio_store.require(catalogue, kind)
    if kind in AUDIO_ENCODERS:
        choice.require(kind)


def first_sound(catalogue: Catalogue, kind: str) -> str:
    """Say what the first recording of a catalogue becomes, in two lines."""
    if kind in AUDIO_ENCODERS:
        return encoder_store.first_sound(catalogue, kind)
    return audio_store.first_sound(catalogue, kind)


def extract(catalogue: Catalogue, kind: str, *, patches: int, workers: int, seed: int) -> AudioStore:
    """Return the features of all tracks; what was extracted before is kept.

    Parameters
    ----------
    kind : str
        Of :func:`kind_of`.
    patches, workers, seed : int
        As of :func:`mumu_lib.audio.store.extract`; vectors of an encoder depend on none of them.
    """
    if kind in AUDIO_ENCODERS:
        return encoder_store.encode(catalogue, kind, workers=workers)
    return audio_store.extract(catalogue, kind, patches=patches, workers=workers, seed=seed)
