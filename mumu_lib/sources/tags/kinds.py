"""Recognise the kind of a sound file by its first bytes.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from typing import BinaryIO

# Length of an ID3 header, and of the beginning that identifies a file [bytes].
HEADER = 10
START = 64

BEGINNINGS = (
    (b"fLaC", "flac"),
    (b"wvpk", "wavpack"),
    (b"MAC ", "monkey's audio"),
    (b"MPCK", "musepack"),
    (b"MP+", "musepack"),
    (b"TTA", "true audio"),
    (b"OFR ", "optimfrog"),
    (b"tBaK", "tak"),
    (b"DSD ", "dsf"),
    (b"FRM8", "dsdiff"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"\x0b\x77", "ac3"),
    (b"caff", "core audio"),
    (b"riff\x2e\x91\xcf\x11", "wave64"),
    (b".snd", "au"),
    (b"#!AMR", "amr"),
)
CODECS = (
    (b"\x01vorbis", "ogg vorbis"),
    (b"OpusHead", "ogg opus"),
    (b"\x7fFLAC", "ogg flac"),
    (b"Speex   ", "ogg speex"),
    (b"\x80theora", "ogg theora"),
)
NO_SOUND = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
    (b"MThd", "a MIDI file: notes without sound"),
    (b"SQLite", "a database"),
    (b"\x1f\x8b", "a packed file"),
    (b"7z\xbc\xaf", "a packed file"),
)


def after_id3(file: BinaryIO) -> int:
    """Return the offset of the sound after the ID3v2 tags, of which some files have several."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(HEADER)
        if len(head) < HEADER or head[:3] != b"ID3":
            return at
        size = 0
        for digit in head[6:HEADER]:
            size = size << 7 | digit & 0x7F
        footer = HEADER * (head[5] >> 4 & 1)
        at += HEADER + size + footer


def kind_of(file: BinaryIO) -> tuple[str, int]:
    """Return the kind of a file and the offset after its ID3 tags.

    Returns
    -------
    kind : str
        ``mpeg`` if no other kind is recognised; empty if the file is recognised as another type than sound.
    start : int
        Number of bytes before the sound.

    Examples
    --------
    >>> import io
    >>> kind_of(io.BytesIO(b"fLaC")), kind_of(io.BytesIO(b"%PDF-1.7"))
    (('flac', 0), ('', 0))
    """
    start = after_id3(file)
    file.seek(start)
    head = file.read(START)
    for beginning, kind in BEGINNINGS:
        if head.startswith(beginning):
            return kind, start
    if head.startswith(b"OggS"):
        return _codec(head), start
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav", start
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff", start
    if head[4:8] in (b"ftyp", b"moov", b"wide", b"free", b"skip", b"mdat"):
        return "mp4", start
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac", start
    if no_sound(head):
        return "", start
    return "mpeg", start


def _codec(page: bytes) -> str:
    """Return the codec of an Ogg stream by its first packet, which follows the table of lacing values."""
    packet = b""
    if len(page) > 26:
        packet = page[27 + page[26] :]
    for beginning, kind in CODECS:
        if packet.startswith(beginning):
            return kind
    return "ogg of an unknown codec"


def no_sound(head: bytes) -> str:
    """Return the type of a file without sound by its first bytes; empty if they do not show it.

    Examples
    --------
    >>> no_sound(b"%PDF-1.7"), no_sound(b"")
    ('a PDF document', 'an empty file')
    """
    if not head:
        return "an empty file"
    lowered = head.lstrip().lower()
    for beginning, kind in NO_SOUND:
        if head.startswith(beginning) or lowered.startswith(beginning.lower()):
            return kind
    if b"\0" not in head and _printable(head):
        return "a text file"
    return ""


def _printable(head: bytes) -> bool:
    """Return whether bytes can be the beginning of a text."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be incomplete.
        if error.start < max(1, len(head) - 3):
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\r\n\t\ufeff" for character in text)
