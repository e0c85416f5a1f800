"""A disk that fails."""

import os


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail
