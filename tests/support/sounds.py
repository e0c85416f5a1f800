"""Sounds made of sines and noise."""

import numpy as np


def tone(seconds, frequency, rate=22050):
    return (0.5 * np.sin(2 * np.pi * frequency / rate * np.arange(int(seconds * rate)))).astype(np.float32)
