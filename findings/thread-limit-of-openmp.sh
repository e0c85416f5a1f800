#!/usr/bin/env bash
# Guess: threadpool_limits(1) holds either for the process or for the calling thread, alike for all libraries.
# Seen: another thread has one OpenBLAS thread as well, but as many OpenMP threads as before: scikit-learn's loops in a
# worker thread are not limited.
# threadpoolctl 3.8.0 and scikit-learn 1.9.1, from PyPI (Linux).
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check threadpoolctl==3.8.0 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cd "$place"
OMP_NUM_THREADS=3 OPENBLAS_NUM_THREADS=2 env/bin/python - <<'PY'
import threading

import sklearn.cluster
from threadpoolctl import threadpool_info, threadpool_limits


def counts():
    return {pool["user_api"]: pool["num_threads"] for pool in threadpool_info()}


seen = {"before": counts()}
with threadpool_limits(1):
    seen["here"] = counts()
    other = threading.Thread(target=lambda: seen.update(elsewhere=counts()))
    other.start()
    other.join()
print(seen)
assert seen["before"] == {"blas": 2, "openmp": 3}
assert seen["here"] == {"blas": 1, "openmp": 1}
assert seen["elsewhere"] == {"blas": 1, "openmp": 3}
PY
