"""Detect the fast operations of processor and GPU, which determine the layout and precision of networks.

Notebooks: 04_audio, 06_image.
"""

import os
import re
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# Flags of processors that multiply bfloat16 faster than float32: tile matrices, or dot products of pairs.
BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})
AVX512 = "avx512f"
# Lowest compute capability of NVIDIA GPUs that multiply bfloat16 (Ampere).
BFLOAT16_CAPABILITY = (8, 0)
# Words in ONEDNN_MAX_CPU_ISA, the user's limit on the instructions of oneDNN, that allow a flag.
_LIMITS = {"amx_bf16": ("AMX",), "avx512_bf16": ("BF16", "FP16", "AMX"), AVX512: ("AVX512",)}
_NO_LIMIT = ("", "DEFAULT", "ALL")


def flags(cpuinfo: Path | None = None) -> frozenset[str]:
    """Return the instruction sets that convolutions may use here; empty if they cannot be determined.

    Those excluded by ``ONEDNN_MAX_CPU_ISA`` are left out.

    Parameters
    ----------
    cpuinfo : Path, optional
        File to read instead of ``/proc/cpuinfo``.
    """
    if cpuinfo is None:
        cpuinfo = CPUINFO
    available = _common_flags(cpuinfo)
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if limit in _NO_LIMIT or limit.startswith("AVX10"):
        return available
    excluded = set()
    for flag, words in _LIMITS.items():
        if not any(word in limit for word in words):
            excluded.add(flag)
    return available - excluded


@cache
def _common_flags(path: Path) -> frozenset[str]:
    """Return the flags that all processors in a ``cpuinfo`` have."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    sets = []
    for line in re.findall(r"^flags\s*:(.*)$", text, re.MULTILINE):
        sets.append(frozenset(line.split()))
    if not sets:
        return frozenset()
    return frozenset.intersection(*sets)


def has_avx512() -> bool:
    """Return whether convolutions may use vectors of 512 bits; False if unknown."""
    return AVX512 in flags()


def has_bfloat16() -> bool:
    """Return whether the processor has instructions that multiply bfloat16."""
    return bool(BFLOAT16 & flags())


def gpu_capabilities() -> list[tuple[int, ...]]:
    """Return the compute capability of every GPU of the Keras backend, such as (9, 0); () if it is unknown."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        versions = []
        for device in jax.devices():
            if device.platform == "gpu":
                versions.append(str(getattr(device, "compute_capability", "")))
    elif keras.backend.backend() != "tensorflow":
        versions = []
    else:
        import tensorflow as tf

        versions = []
        for device in tf.config.list_physical_devices("GPU"):
            version = tf.config.experimental.get_device_details(device).get("compute_capability", ())
            versions.append(".".join(str(part) for part in version))
    return [_numbers(version) for version in versions]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", text))


def precision(asked: str) -> str:
    """Return the Keras policy for the parameter ``precision`` of a notebook on this machine.

    Parameters
    ----------
    asked : str
        A Keras policy, which is returned unchanged, or ``auto``: ``mixed_bfloat16`` with TensorFlow if every GPU
        (without a GPU, the processor) multiplies bfloat16, otherwise ``float32``.

    Examples
    --------
    >>> precision("mixed_float16")
    'mixed_float16'
    """
    if asked != "auto":
        return asked
    if _is_faster_in_bfloat16():
        return "mixed_bfloat16"
    return "float32"


def _is_faster_in_bfloat16() -> bool:
    import keras

    # With JAX bfloat16 was slower, on an H200 and on processors (benchmarks); other backends were not measured.
    if keras.backend.backend() != "tensorflow":
        return False
    gpus = gpu_capabilities()
    if gpus:
        return min(gpus) >= BFLOAT16_CAPABILITY
    return has_bfloat16()
