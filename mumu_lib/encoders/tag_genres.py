"""Which tags of pretrained networks are among the 250 genres of MuMu, and how MuMu spells them.

Paper: Section 3.  Notebooks: 09_your_album.
"""

# Of MuMu's genres, those that some network has a tag for, as MuMu spells them.
SPELLED_ALIKE = (
    "Alternative Rock", "Ambient", "Blues", "Classic Rock", "Classical", "Country", "Easy Listening", "Electronica",
    "Folk", "Funk", "Hard Rock", "House", "Indie Rock", "Instrumental", "Jazz", "Metal", "New Age", "Oldies", "Pop",
    "Progressive Rock", "Punk", "Rock", "Soul", "Techno",
)  # fmt: skip
# Tags that are a genre of MuMu under another name, or one of the two that such a genre is named after.
BY_ANOTHER_NAME = {
    "alternative": "Rock & Alternative",
    "dance": "Dance & Electronic",
    "electronic": "Dance & Electronic",
    "hip-hop": "Rap & Hip-Hop",
    "indie": "Indie & Lo-Fi",
    "opera": "Opera & Classical Vocal",
    "rnb": "R&B",
}
_GENRES = {**{genre.lower(): genre for genre in SPELLED_ALIKE}, **BY_ANOTHER_NAME}


def genre_of(tag: str) -> str:
    """Return the genre of MuMu that a tag is, whatever its case; empty if it is none.

    Examples
    --------
    >>> genre_of("Hip-Hop"), genre_of("jazz"), genre_of("happy")
    ('Rap & Hip-Hop', 'Jazz', '')
    """
    return _GENRES.get(tag.lower(), "")
