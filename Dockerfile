# The series on a CPU, with JupyterLab:
#
#   docker build -t mumu .
#   docker run --rm -p 127.0.0.1:8888:8888 -v mumu-data:/home/mumu/mumu/data -v mumu-runs:/home/mumu/mumu/runs mumu
#   docker run --rm mumu make run
FROM python:3.11-slim

# make drives the series, ffmpeg reads m4a, wma and the like; everything else comes as wheels.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 mumu \
    && install -d -o 1000 -g 1000 /home/mumu/mumu

# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
WORKDIR /home/mumu/mumu

# A layer of its own: changing the code installs no package again.
COPY --chown=1000:1000 requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.lock

COPY --chown=1000:1000 . .
# data and runs exist, so that volumes mounted there belong to the user.
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --editable . \
    && touch .venv/.installed \
    && mkdir -p data runs

ENV PATH=/home/mumu/mumu/.venv/bin:$PATH
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", "--notebook-dir=notebooks"]
