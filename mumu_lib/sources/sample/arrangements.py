"""Define the arrangements of the sample's styles: patterns, scales, voices, and a table of their combinations."""

from typing import NamedTuple

# Kick, snare and hi-hat on the sixteenths of a bar.
DRUMS = {
    "rock": ("x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "ballad": ("x.........x.....", "........x.......", "x...x...x...x..."),
    "four": ("x...x...x...x...", "....x.......x...", "..x...x...x...x."),
    "machine": ("x...x...x...x..x", "............x..x", "x.xxx.xxx.xxx.xx"),
    "swing": ("x...............", "............x...", "x...x.x.x...x.x."),
    "shuffle": ("x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "punk": ("x.x...x.x.x...x.", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "blast": ("xxxxxxxxxxxxxxxx", "..x...x...x...x.", "x...x...x...x..."),
    "break": ("x..x......x..x..", "....x..x.x..x...", "x.x.x.x.xxx.x.x."),
    "one-drop": ("........x.......", "........x.......", "x.x.x.x.x.x.x.xx"),
    "dembow": ("x...x...x...x...", "...x..x....x..x.", "x.x.x.x.x.x.x.x."),
    "train": ("x...x...x...x...", "..x...x...x...x.", "xxxxxxxxxxxxxxxx"),
    "none": ("." * 16, "." * 16, "." * 16),
}
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "blues": (0, 3, 5, 6, 7, 10, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
COMPING = {
    "held": "x...............",
    "halves": "x.......x.......",
    "strum": "x...x.x...x.x.x.",
    "offbeat": "..x...x...x...x.",
    "chug": "x.xxx.xxx.xxx.xx",
    "charleston": "x.....x.........",
    "arpeggio": "x.x.x.x.x.x.x.x.",
}
BASS = {
    "root": "x.......x.......",
    "eighths": "x.x.x.x.x.x.x.x.",
    "walk": "x...x...x...x...",
    "octaves": "..x...x...x...x.",
    "deep": "x..x..x.........",
    "none": "................",
}
# voice: (roll-off of the harmonics, odd harmonics only, attack [s], decay [1/s], damping of overtones [1/s], vibrato)
VOICES = {
    "piano": (1.5, False, 0.004, 2.0, 4.0, 0.0),
    "organ": (1.0, True, 0.02, 0.1, 0.0, 0.002),
    "strings": (1.1, False, 0.12, 0.3, 0.0, 0.004),
    "guitar": (1.2, False, 0.003, 2.5, 6.0, 0.0),
    "fuzz": (0.7, False, 0.004, 0.6, 0.5, 0.0),
    "banjo": (0.7, False, 0.002, 7.0, 9.0, 0.0),
    "brass": (0.8, False, 0.05, 0.4, 0.0, 0.003),
    "reed": (0.9, True, 0.03, 0.5, 0.0, 0.005),
    "flute": (2.6, False, 0.06, 0.3, 0.0, 0.006),
    "singer": (1.3, False, 0.07, 0.3, 0.0, 0.009),
    "saw": (0.9, False, 0.01, 0.8, 1.5, 0.0),
    "square": (0.9, True, 0.005, 1.0, 1.0, 0.0),
    "pad": (1.7, False, 0.4, 0.1, 0.0, 0.002),
}
# tempo, swing, drums | scale, chords, comping, bass, melody notes per bar, octave | lead, comp, drive, echo, hiss, darkness
# Styles on one line have the same sound and differ in their words.
TABLE = """
Vocal Pop, Adult Contemporary: 92 0 ballad | major 1564 held root 4 5 | singer piano 0 .1 0 .15
Traditional Pop, Vocal Jazz: 84 .3 swing | major 1625 halves walk 3 5 | singer strings 0 .1 .4 .45
Dance Pop: 122 0 four | minor 6415 offbeat octaves 5 5 | singer saw .1 .2 0 0
Blues Rock, Chicago Blues: 104 .6 shuffle | blues 1145 strum walk 5 4 | guitar organ .5 .1 .3 .3
Folk Rock: 110 0 rock | mixolydian 1745 strum root 4 4 | singer guitar .1 .1 .1 .25
Progressive Rock: 98 0 break | dorian 1374 arpeggio eighths 6 4 | saw organ .4 .4 .1 .2
Indie & Lo-Fi: 116 0 rock | major 1465 strum eighths 3 4 | singer guitar .3 .2 .8 .35
Hardcore & Punk: 178 0 punk | major 1454 chug eighths 3 4 | singer fuzz .9 0 .3 .05
New Wave: 132 0 four | minor 1637 offbeat eighths 4 5 | square pad .1 .4 .1 .1
Death Metal: 196 0 blast | phrygian 1212 chug eighths 2 2 | fuzz fuzz 1 0 .3 .3
Thrash & Speed Metal: 184 0 punk | minor 1612 chug eighths 4 3 | fuzz fuzz .9 0 .2 0
Bebop: 208 .6 swing | dorian 2516 charleston walk 10 5 | reed piano 0 0 .3 .4
Big Band: 152 .6 swing | major 1625 charleston walk 5 5 | brass brass .1 .1 .5 .25
Bluegrass: 138 0 train | major 1451 strum root 10 5 | banjo guitar 0 0 .2 .1
East Coast: 90 .2 break | minor 1161 halves deep 2 4 | piano strings .2 0 .5 .55
Soul: 98 .2 ballad | mixolydian 1426 strum deep 4 4 | singer organ .1 .1 .2 .45
House: 124 0 four | minor 1111 offbeat octaves 3 5 | saw organ .1 .2 0 .15
Techno: 132 0 machine | phrygian 1111 chug eighths 6 3 | square saw .4 .4 .1 .3
Ambient: 70 0 none | major 1414 held none 1 5 | pad pad 0 .8 .3 .5
Dancehall: 96 0 dembow | minor 1717 offbeat deep 4 5 | singer square .1 .3 .1 .05
Dub: 74 .2 one-drop | minor 1414 offbeat deep 2 4 | reed organ .1 .9 .3 .6
Celtic: 124 .1 train | mixolydian 1717 arpeggio none 10 6 | flute guitar 0 .2 .1 .05
Contemporary Folk: 88 0 none | mixolydian 1745 arpeggio root 4 4 | singer guitar 0 .1 .3 .35
Chamber Music: 76 0 none | major 1452 arpeggio root 6 5 | strings strings 0 .4 .1 .2
"""


class Rhythm(NamedTuple):
    """Tempo in beats per minute, delay of the off-beats in sixteenths, drum pattern."""

    tempo: float
    swing: float
    drums: str


class Harmony(NamedTuple):
    """Scale, one chord per bar as scale degree, patterns of comping and bass, melody notes per bar, melody octave."""

    scale: str
    chords: str
    comping: str
    bass: str
    notes: float
    octave: float


class Timbre(NamedTuple):
    """Voices of melody and comping, distortion, echo, hiss and darkness in [0, 1]."""

    lead: str
    comp: str
    drive: float
    echo: float
    hiss: float
    darkness: float


class Sound(NamedTuple):
    """Arrangement of a style; a track may take each part from a different style."""

    rhythm: Rhythm
    harmony: Harmony
    timbre: Timbre


def _read(table: str) -> dict[str, Sound]:
    """Return the arrangement of each style."""
    sounds: dict[str, Sound] = {}
    for line in table.strip().splitlines():
        names, parts = line.split(":")
        rhythm, harmony, timbre = map(str.split, parts.split("|"))
        sound = Sound(
            Rhythm(float(rhythm[0]), float(rhythm[1]), rhythm[2]),
            Harmony(harmony[0], harmony[1], harmony[2], harmony[3], float(harmony[4]), float(harmony[5])),
            Timbre(timbre[0], timbre[1], *map(float, timbre[2:])),
        )
        sounds |= dict.fromkeys(names.split(", "), sound)
    return sounds


SOUNDS = _read(TABLE)
