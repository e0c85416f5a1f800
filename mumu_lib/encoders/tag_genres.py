"""Map tags of pretrained networks to the 250 genres of MuMu.

Paper: Section 3.  Notebooks: 09_your_album.
"""

# Genres of MuMu that equal a tag of some network, in MuMu's spelling.
SPELLED_ALIKE = (
    "Alternative Rock", "Ambient", "Blues", "Classic Rock", "Classical", "Country", "Easy Listening", "Electronica",
    "Folk", "Funk", "Hard Rock", "House", "Indie Rock", "Instrumental", "Jazz", "Metal", "New Age", "Oldies", "Pop",
    "Progressive Rock", "Punk", "Rock", "Soul", "Techno",
)  # fmt: skip
# Tags with another name in MuMu, or that are one of the two parts of a genre's name.
BY_ANOTHER_NAME = {
    "alternative": "Rock & Alternative",
    "dance": "Dance & Electronic",
    "electronic": "Dance & Electronic",
    "hip-hop": "Rap & Hip-Hop",
    "indie": "Indie & Lo-Fi",
    "opera": "Opera & Classical Vocal",
    "rnb": "R&B",
}
_GENRES = {genre.lower(): genre for genre in SPELLED_ALIKE} | BY_ANOTHER_NAME


def genre_of(tag: str) -> str:
    """Return the genre of MuMu for a tag, ignoring case; empty if there is none.

    Examples
    --------
    >>> genre_of("Hip-Hop"), genre_of("jazz"), genre_of("happy")
    ('Rap & Hip-Hop', 'Jazz', '')
    """
    return _GENRES.get(tag.lower(), "")
