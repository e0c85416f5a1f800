"""What tests have other processes do; those import it by the name of this module, as they cannot import a test file."""

import os
from pathlib import Path

from mumu_lib import catalogue
from mumu_lib.image import store as covers


def decode(folder):
    covers.decode(catalogue.Catalogue(Path(folder)), workers=1)


def allow_small_files_only():
    """As a disk that fills up: no file may pass 300 kB."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))


def obey_mode_bits():
    """Give up root's rights to read and write where the mode forbids it, here and in processes started from here."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        import ctypes

        overrides, reads, libc = 1, 2, ctypes.CDLL(None)
        for right in (overrides, reads):
            libc.prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP
        version, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        libc.capget(version, sets)
        for i in range(3):
            sets[i] &= ~(1 << overrides | 1 << reads)
        libc.capset(version, sets)


def no_right_to_write(folder):
    assert not os.access(folder, os.W_OK)


def said_of_a_lock(folder):
    """What a series is told of a lock that it may not take."""
    from mumu_lib.core.errors import MumuError
    from mumu_lib.series import started

    try:
        started.series_lock(catalogue.Catalogue(Path(folder)))
    except MumuError as error:
        return str(error)
    return ""


def said_of_the_disk():
    """What ``python -m mumu_lib disk`` prints of a home."""
    from mumu_lib.series import cleaning, storage

    storage.checkout = storage.home
    return cleaning.as_text(storage.listing())
