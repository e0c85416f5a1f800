"""Genres of the catalogue ``tiny``, by which other small catalogues are made too."""

GENRES = [["Pop"], ["Pop", "Rock"], ["Jazz", "Vocal Jazz"], ["Jazz"], ["Pop", "Jazz"], ["Rock"]]
