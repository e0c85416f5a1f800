"""What the processor and the GPU compute fast, as far as it decides how networks are laid out and in which precision.

Notebooks: 04_audio, 06_image.
"""

import os
import re
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# Flags of processors that multiply bfloat16 faster than float32: tiles, or dot products of pairs.
BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})
AVX512 = "avx512f"
# From this compute capability on NVIDIA's GPUs multiply bfloat16 (Ampere).
BFLOAT16_CAPABILITY = (8, 0)
# The user's limit on the instructions that oneDNN uses, such as AVX2, and below which word a family is out.
_LIMITS = {"amx_bf16": ("AMX",), "avx512_bf16": ("BF16", "FP16", "AMX"), AVX512: ("AVX512",)}
_NO_LIMIT = ("", "DEFAULT", "ALL")


def flags(cpuinfo: Path | None = None) -> frozenset[str]:
    """Return the instruction sets that convolutions may use here; none where the system does not tell them.

    What ``ONEDNN_MAX_CPU_ISA`` rules out is left out.

    Parameters
    ----------
    cpuinfo : Path, optional
        Instead of ``/proc/cpuinfo``.
    """
    told = _told(CPUINFO if cpuinfo is None else cpuinfo)
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if limit in _NO_LIMIT or limit.startswith("AVX10"):
        return told
    ruled_out = set()
    for flag, words in _LIMITS.items():
        if not any(word in limit for word in words):
            ruled_out.add(flag)
    return told - ruled_out


@cache
def _told(path: Path) -> frozenset[str]:
    """Return the flags that all processors of a ``cpuinfo`` have."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    sets = []
    for line in re.findall(r"^flags\s*:(.*)$", text, re.MULTILINE):
        sets.append(frozenset(line.split()))
    return frozenset.intersection(*sets) if sets else frozenset()


def has_avx512() -> bool:
    """Return whether convolutions may use vectors of 512 bits; False where it is not known."""
    return AVX512 in flags()


def has_bfloat16() -> bool:
    """Return whether the processor has instructions that multiply bfloat16."""
    return bool(BFLOAT16 & flags())


def gpu_capabilities() -> list[tuple[int, ...]]:
    """Return the compute capability of every GPU that the Keras backend sees, such as (9, 0); () for one that tells none."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        told = []
        for device in jax.devices():
            if device.platform == "gpu":
                told.append(str(getattr(device, "compute_capability", "")))
    else:
        import tensorflow as tf

        told = []
        for device in tf.config.list_physical_devices("GPU"):
            version = tf.config.experimental.get_device_details(device).get("compute_capability", ())
            told.append(".".join(str(part) for part in version))
    return [_numbers(text) for text in told]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", text))


def precision(asked: str) -> str:
    """Return the Keras policy that a notebook's ``precision`` stands for on this machine.

    Parameters
    ----------
    asked : str
        A Keras policy, which is returned as it is, or ``auto``: ``mixed_bfloat16`` where every GPU multiplies bfloat16,
        or without a GPU the processor does; else ``float32``.

    Examples
    --------
    >>> precision("mixed_float16")
    'mixed_float16'
    """
    if asked != "auto":
        return asked
    gpus = gpu_capabilities()
    fast = all(gpu >= BFLOAT16_CAPABILITY for gpu in gpus) if gpus else has_bfloat16()
    return "mixed_bfloat16" if fast else "float32"
