"""List names of genres, names with separators that are a single genre, and placeholders for a missing genre.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
import unicodedata

from mutagen.id3 import TCON

# In addition to the list of ID3: the most frequent names in tags, shops and encyclopaedias.
MORE = """
2-Step, Acid House, Acid Rock, Acoustic Blues, Adult Alternative, Adult Contemporary, Africa, African, Afrobeat, Afropop,
Alternative Country, Alternative Metal, Alternative Rock, Americana, Arena Rock, Art Pop, Audiobooks, Avant-Garde,
Avant-Garde Jazz, Bachata, Ballet, Baroque Pop, Bebop Jazz, Blues Rock, Bolero, Bop, Boogie, Boogie-Woogie, Bossa Nova,
Brazil, Brazilian, Breakcore, Brit Pop, Britpop, Broadway, Caribbean, Chamber Pop, Chicago Blues, Children, Children's,
Children's Music, Chillwave, Chiptune, Choral, Christian, Christmas, Classic Soul, Classic R&B, Classical Crossover,
Cloud Rap, College Rock, Comedy & Spoken Word, Concerto, Contemporary, Contemporary Blues, Contemporary Country,
Contemporary Folk, Contemporary Jazz, Contemporary R&B, Cool Jazz, Country Blues, Country Pop, Country Rock,
Country-Rock, Cumbia, Dance Pop, Dance-Pop, Dancehall, Dark Ambient, Dark Wave, Death Rock, Deathcore, Deep House,
Delta Blues, Dixieland, DJ, Doo Wop, Doo-Wop, Doom Metal, Downbeat, Dream Pop, Drill, Drone, Drum 'n' Bass, Drum and Bass, DnB,
Early Music, East Coast, Easy-Listening, EDM, Electric Blues, Electronica, Electropop, Electro House, Electronic Rock,
Emo Pop, Enka, Europop, Exotica, Fado, Film Score, Flamenco, Folk Metal, Folk Punk, Folk Rock, Free Improvisation,
Free Jazz, French Pop, Funk Rock, Future Bass, Gangsta, Glam, Glam Metal, Glam Rock, Glitch, Gnawa, Goth, Goth Rock,
Gothic Metal, Gregorian Chant, Grime, Grindcore, Gypsy Jazz, Hair Metal, Happy Hardcore, Hard Bop, Hard-Rock, Hard Trance,
Hardcore Punk, Hardstyle, Heavy-Metal, Highlife, Hip Hop, Hip-Hop/Rap, HipHop, Holiday, Honky Tonk, Honky-Tonk, Hymns,
Improvisation, Indie & Lo-Fi, Indie Folk, Indie Pop, Indietronica, Industrial Metal, Industrial Rock, Instrumental Hip Hop,
International, Irish Folk, Italo Disco, J-Pop, J-Rock, Jazz Blues, Jazz Funk, Jazz Fusion, Jazz Rap, Jazz Rock, Jazz Vocals, Jazz-Funk,
Jazz-Rock, Jump Blues, K-Pop, Kids, Klezmer, Kwaito, Latin American, Latin Jazz, Latin Pop, Latin Rock, Lieder, Lo Fi,
Mambo, March, Mariachi, Mbalax, Medieval, Melodic Death Metal, Melodic Metal, Metalcore, Microhouse, Middle East, Middle Eastern,
Minimal, Minimal Techno, Minimalism, Modern Blues, Modern Classical, Modern Jazz, Motown, MPB, Musicals, Musique Concrète,
Neo Soul, Neo-Soul, Neofolk, New Orleans Jazz, New Orleans, Noise Pop, Noise Rock, Norteño, Northern Soul, Nu Jazz, Nu Metal, Nu-Jazz,
Nu-Metal, Operetta, Oratorio, Orchestral, Outlaw Country, Piano, Piano Blues, Pop Punk, Pop Rap, Pop Rock, Pop-Punk, Pop-Rock,
Post Punk, Post Rock, Post-Bop, Post-Hardcore, Post-Metal, Power Metal, Power Pop, Prog, Prog Rock, Progressive,
Progressive House, Progressive Metal, Progressive Trance, Psych Rock, Psychobilly, Pub Rock, Punk Blues, Quiet Storm, R'n'B, R & B, RnB,
Ragga, Ragtime, Raï, Ranchera, Rap & Hip-Hop, Rap Rock, Reggaeton, Religious, Renaissance, Requiem, Rhythm & Blues, Rhythm and Blues,
Rock 'n' Roll, Rock and Roll, Rock n Roll, Rockabilly, Rocksteady, Roots, Roots Reggae, Roots Rock, Rumba, Schlager, Score,
Screamo, Sertanejo, Shoegazing, Singer-Songwriter, Singer-Songwriters, Singer/Songwriter, Ska Punk, Skiffle, Slowcore, Sludge Metal, Smooth Jazz,
Soca, Soft Rock, Son, Soul Jazz, Soul-Jazz, Sound Effects, Soundtracks, Southern Rap, Speed Metal, Spirituals, Spoken Word,
Stoner Metal, Stoner Rock, Surf, Surf Rock, Swamp Pop, Swing Jazz, Symphonic, Symphonic Metal, Synth Pop, Synth-Pop, Synthwave, Tech House,
Technical Death Metal, Tejano, Texas Blues, Thrash, Traditional, Traditional Country, Traditional Folk, Traditional Jazz, Traditional Pop,
Trap, Trip Hop, Turntablism, UK Garage, Urban, Vaporwave, Video Game Music, Viking Metal, Vocal Jazz, Vocal Pop, Waltz, West Coast,
Album-Oriented Rock, Blue-Eyed Soul, British Folk, British Invasion, Cajun, Calypso, Celtic Folk, Cowpunk, Euro Pop,
Garage Punk, Girl Group, Girl Groups, Jangle Pop, Jump Up, Latin Music, Meditation, Memphis Blues, New Jack Swing, Nursery Rhymes,
Old School, Philly Soul, Pop Metal, Proto-Punk, Punk Pop, Riot Grrrl, Skate Punk, Slide Guitar, Southern Gospel, Southern Soul, Symphonies, Teen Pop,
Third Wave Ska, Traditional Blues, Tributes, Vocal Blues, Western Swing, Witch House, World, World Beat, World Fusion, Worldbeat, Worship, Zouk, Zydeco
"""
# Single genres with a slash or a comma in their names, from ID3, iTunes and Discogs.
WHOLE_NAMES = """
R&B/Soul | Soul/R&B | Hip-Hop/Rap | Hip Hop/Rap | Rap/Hip-Hop | Rap/Hip Hop | Singer/Songwriter | Pop/Funk | Funk/Soul |
Folk, World, & Country | Folk, World & Country | Dance/Electronica | Electronica/Dance | Christian/Gospel | Gospel/Religious |
Rhythm, Blues | Rhythm, Blues & Soul
"""
# Placeholders for a missing genre; "Misc" and the like are kept, since they may be a deliberate choice.
NO_GENRE = """
other, unknown, unknown genre, <unknown>, (unknown), [unknown], none, (none), <none>, null, nil, nan, n/a, na, n.a.,
undefined, unspecified, not specified, unclassifiable, unclassified, no genre, nogenre, genre, no tag, untagged, ?, ??, ???, -, --, ---, not set, blank,
genres, no category, uncategorized, uncategorised, other genre
"""


def folded(name: str) -> str:
    """Return a name for comparison: normal form NFC, lower case, single blanks, no hyphens.

    Examples
    --------
    >>> folded("Hip-Hop") == folded("hip  hop")
    True
    """
    text = unicodedata.normalize("NFC", name).casefold().replace("-", " ").replace("\u2019", "'")
    return " ".join(text.split())


def _listed(text: str) -> set[str]:
    """Return the names between commas."""
    found = set()
    for name in text.split(","):
        if name.strip():
            found.add(name.strip())
    return found


def _key(name: str) -> str:
    """Return a folded name without blanks around slashes and commas."""
    return re.sub(r"\s*([/,])\s*", r"\1", folded(name))


KNOWN = frozenset(map(folded, {*TCON.GENRES, *_listed(MORE)}))
WHOLE = frozenset(map(_key, WHOLE_NAMES.split("|")))
NONE = frozenset(" ".join(name.casefold().split()) for name in _listed(NO_GENRE))


def is_whole(name: str) -> bool:
    """Return whether a name with a slash or a comma is a single genre.

    Examples
    --------
    >>> is_whole("R&B / Soul"), is_whole("Rock/Pop")
    (True, False)
    """
    return _key(name) in WHOLE


def is_none(name: str) -> bool:
    """Return whether a value is a placeholder for a missing genre.

    Examples
    --------
    >>> is_none("Unknown"), is_none("Rock")
    (True, False)
    """
    return " ".join(name.casefold().split()) in NONE
