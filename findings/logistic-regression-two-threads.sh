#!/usr/bin/env bash
# Guess: a second BLAS thread at worst brings nothing to LogisticRegression on small data.
# Seen: fitting 400 rows of 512 numbers with lbfgs takes several times the processor time (10 to 17 times on two busy cores)
# with two threads of OpenBLAS as with one; the coefficients are the same to the last bit.
# scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6 (each with its own OpenBLAS) and threadpoolctl 3.8.0, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 threadpoolctl==3.8.0
cd "$place"
env/bin/python - <<'PY'
import os
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

rng = np.random.default_rng(0)
x = rng.normal(size=(400, 512))
y = (x[:, 0] + rng.normal(size=400) > 0).astype(int)
seconds, coefficients = {1: [], 2: []}, {}
for _ in range(5):
    for threads in (1, 2):
        with threadpool_limits(threads):
            before = time.process_time()
            for _ in range(10):
                coefficients[threads] = LogisticRegression(max_iter=1000).fit(x, y).coef_
            seconds[threads].append(time.process_time() - before)
ratio = np.median(seconds[2]) / np.median(seconds[1])
same = bool((coefficients[1] == coefficients[2]).all())
print(f"{os.cpu_count()} cores: two threads take {ratio:.1f} times the processor time of one; same bits: {same}")
assert same
assert os.cpu_count() == 1 or ratio > 1.5, ratio
PY
