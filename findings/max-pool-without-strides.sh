#!/usr/bin/env bash
# Guess: keras.ops.max_pool without strides, which are optional, steps by the size of the pool on every backend.
# Seen: on TensorFlow it does; on JAX and on numpy it raises TypeError, whether the pool is given as 4 or as (4, 4). With
# strides all three do the same.
# keras 3.15.1, jax 0.10.2 and tensorflow 2.21.0, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 tensorflow==2.21.0
cd "$place"
for backend in tensorflow numpy jax; do
  KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 env/bin/python - <<'PY'
import keras
import numpy as np

x = np.ones((2, 8, 8, 3), "float32")


def tried(*words, **options):
    try:
        return str(tuple(keras.ops.max_pool(x, *words, padding="valid", **options).shape))
    except Exception as error:
        return type(error).__name__


backend = keras.backend.backend()
seen = (tried(4), tried((4, 4)), tried((4, 4), strides=(4, 4)))
print(f"{backend}: pool 4 {seen[0]}, pool (4, 4) {seen[1]}, with strides {seen[2]}")
pooled = "(2, 2, 2, 3)"
expected = (pooled, pooled, pooled) if backend == "tensorflow" else ("TypeError", "TypeError", pooled)
assert seen == expected, seen
PY
done
