"""Determine which rows of a series a catalogue allows, and why it does not allow the others.

Used by the plan of a series, which lists such rows with the reason.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mumu_lib import experiments
from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.commands import as_typed, needs_knowledge
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError
from mumu_lib.encoders import choice

# Stages that train no network: 02 needs no genres, 08 and 09 need a finished run.
OVERVIEW = "overview"
READS_RUNS = ("results", "youralbum")
# A catalogue may have timbre statistics without recordings.
TIMBRE = "timbre_mlp"
WITH_KNOWLEDGE = "vsm_sem"


class Needs:
    """Check the needs of jobs against a catalogue; each part of the catalogue is checked once.

    Parameters
    ----------
    catalogue : Catalogue
    knowledge : str
        Folder of a knowledge base; empty if none was given.

    Raises
    ------
    MissingDataError, BadDataError
        The folder holds no knowledge base, or one that this version cannot read.
    """

    def __init__(self, catalogue: Catalogue, knowledge: str = "") -> None:
        self.catalogue = catalogue
        self.knowledge = ""
        if knowledge:
            from mumu_lib.linking.knowledge import Knowledge

            self.knowledge = str(Path(knowledge).expanduser().absolute())
            Knowledge(self.knowledge)
        self._reasons: dict[str, str] = {}

    def arguments(self, row: Any) -> dict[str, str]:
        """Return the parameters of a row besides its own: the knowledge base, if the row uses it."""
        if self.knowledge and row.setting == WITH_KNOWLEDGE and "ismir" not in self.catalogue.info["roots"]:
            return {"knowledge": self.knowledge}
        return {}

    def lacking(self, job: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the reasons why a job of the plan cannot run on the catalogue; empty if it can.

        Parameters
        ----------
        job : mapping
            ``stage``; for trained networks also ``modality`` and ``setting``.
        """
        if job["stage"] == OVERVIEW:
            return ()
        reason = self._lack("labels", "every row")
        if reason:
            return (reason,)
        if job["stage"] in READS_RUNS:
            return self._nothing_to_learn_from()
        found: list[str] = []
        for name in filter(None, job.get("modality", "").split("+")):
            modality = experiments.BY_LETTER.get(name) or experiments.BY_NAME[name]
            reason = self._of_modality(modality, job["setting"]) or self._encoder(job["setting"])
            if reason:
                found.append(reason)
        return tuple(found)

    def _of_modality(self, modality: experiments.Modality, setting: str) -> str:
        rows = f"every row with {modality.needs}"
        if modality.name == "audio":
            return self._audio(modality, setting, rows)
        if modality.name != "text":
            return self._lack(modality.needs, rows)
        if experiments.encoder_of(setting):
            # Published matrices do not contain the text that an encoder needs.
            return self._lack(modality.needs, rows)
        if "ismir" in self.catalogue.info["roots"]:
            return ""
        reason = self._lack(modality.needs, rows)
        if not reason and setting == WITH_KNOWLEDGE and not self.knowledge and needs_knowledge(self.catalogue):
            command = commands.make("paper", CATALOGUE=as_typed(self.catalogue), KNOWLEDGE="FOLDER")
            return (
                f"every row with {WITH_KNOWLEDGE}: catalogue {self.catalogue.name!r} has no knowledge base; "
                f"make one as docs/linking.md says, then  {command}"
            )
        return reason

    def _encoder(self, setting: str) -> str:
        """Return how to get a missing pretrained encoder; empty if a row needs none or it is installed."""
        name = experiments.encoder_of(setting)
        if not name:
            return ""
        reason = choice.lacking(name)
        if not reason:
            return ""
        return f"every row with {name}: {reason}"

    def _audio(self, modality: experiments.Modality, setting: str, rows: str) -> str:
        """Return why an audio row is not possible; timbre statistics are enough for their own row and for fusions."""
        recordings = self._lack("audio", rows)
        # "cqt" is the setting of the job that extracts CQT patches; joint training needs a network from the patches on.
        needs_recordings = setting in (
            "cqt",
            "simultaneous",
            *experiments.AUDIO_ENCODERS,
            *experiments.settings("audio"),
        )
        if recordings and (setting == TIMBRE or not needs_recordings) and not self._lack("timbre", rows):
            return ""
        return recordings

    def _lack(self, part: str, rows: str) -> str:
        """Return the message about a missing part of the catalogue; empty if it is present."""
        if part not in self._reasons:
            try:
                self.catalogue.require(part)
                self._reasons[part] = ""
            except MissingDataError as error:
                # The rest of the message is a hint for notebooks.
                message = str(error).partition(", or use the sample")[0]
                self._reasons[part] = f"{rows}: {message}"
        return self._reasons[part]

    def _nothing_to_learn_from(self) -> tuple[str, ...]:
        for modality in experiments.BY_LETTER.values():
            settings = experiments.settings(modality.name)
            if not all(self._of_modality(modality, setting) for setting in settings):
                return ()
        return (f"08 and 09: catalogue {self.catalogue.name!r} has neither sound nor texts nor covers to learn from",)
