"""Which instructions a processor has, from made-up descriptions of it."""

import keras
import pytest

from mumu_lib.core import environment, processor

TILES = "fpu sse2 avx2 avx512f avx512_bf16 amx_bf16 amx_tile"
PAIRS = "fpu sse2 avx2 avx512f avx512_bf16"
WIDE = "fpu sse2 avx2 avx512f avx512_vnni"
NARROW = "fpu sse2 avx avx2"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Sets the flags of the processors of this machine, one text for each; without any there is no such file."""
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(processor, "gpu_capabilities", list)

    def say(*processors):
        path = tmp_path / f"cpuinfo-{'-'.join(processors)[:99].replace(' ', '_')}"
        if processors:
            parts = [f"processor\t: {n}\nvmx flags\t: vnmi\nflags\t\t: {text}\n" for n, text in enumerate(processors)]
            path.write_text("\n".join(parts))
        monkeypatch.setattr(processor, "CPUINFO", path)

    return say


@pytest.mark.parametrize(
    ("text", "avx512", "policy"),
    [
        (TILES, True, "mixed_bfloat16"),
        (PAIRS, True, "mixed_bfloat16"),
        (WIDE, True, "float32"),
        (NARROW, False, "float32"),
    ],
)
def test_auto_is_bfloat16_where_the_processor_multiplies_it(told, text, avx512, policy):
    told(text, text)
    assert processor.has_avx512() is avx512
    assert processor.precision("auto") == policy


def test_nothing_is_taken_for_granted_where_the_system_tells_nothing(told):
    told()
    assert processor.flags() == frozenset()
    assert processor.precision("auto") == "float32"
    told("")
    assert processor.precision("auto") == "float32"


def test_only_what_all_processors_have_counts(told):
    told(TILES, NARROW)
    assert processor.flags() == {"fpu", "sse2", "avx2"}


@pytest.mark.parametrize(
    ("limit", "avx512", "policy"),
    [
        ("", True, "mixed_bfloat16"),
        ("DEFAULT", True, "mixed_bfloat16"),
        ("AVX512_CORE_AMX", True, "mixed_bfloat16"),
        ("AVX512_CORE_BF16", True, "mixed_bfloat16"),
        ("AVX512_CORE_VNNI", True, "float32"),
        ("avx2", False, "float32"),
        ("SSE41", False, "float32"),
    ],
)
def test_what_the_user_forbids_counts_as_missing(told, monkeypatch, limit, avx512, policy):
    told(TILES)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert processor.has_avx512() is avx512
    assert processor.precision("auto") == policy


@pytest.mark.parametrize(
    ("gpus", "policy"),
    [
        ([(9, 0)], "mixed_bfloat16"),
        ([(8, 0), (8, 6)], "mixed_bfloat16"),
        ([(7, 5)], "float32"),
        ([(9, 0), (7, 0)], "float32"),
        ([()], "float32"),
        ([(12, 0)], "mixed_bfloat16"),
    ],
)
def test_with_a_gpu_its_compute_capability_decides(told, monkeypatch, gpus, policy):
    told(TILES)
    monkeypatch.setattr(processor, "gpu_capabilities", lambda: gpus)
    assert processor.precision("auto") == policy


def test_the_backend_names_its_gpus():
    assert all(isinstance(part, int) for gpu in processor.gpu_capabilities() for part in gpu)
    assert processor._numbers("9.0") == (9, 0)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_with_other_backends_auto_is_float32(told, monkeypatch, backend):
    told(TILES)
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    assert processor.precision("auto") == "float32"
    monkeypatch.setattr(processor, "gpu_capabilities", lambda: [(9, 0)])
    assert processor.precision("auto") == "float32"


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_a_named_precision_stays(policy):
    assert processor.precision(policy) == policy


def test_seeding_takes_the_precision_that_auto_stands_for(told):
    told(PAIRS)
    try:
        environment.seed_everything(0, "auto")
        assert environment.precision() == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert environment.precision() == "float32"
