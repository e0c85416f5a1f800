from . import (
    audio as audio,
    browser as browser,
    catalogue as catalogue,
    core as core,
    experiments as experiments,
    features as features,
    figures as figures,
    fusion as fusion,
    image as image,
    labels as labels,
    linking as linking,
    mapping as mapping,
    metrics as metrics,
    models as models,
    params as params,
    patches as patches,
    prediction as prediction,
    results as results,
    runs as runs,
    series as series,
    sources as sources,
    targets as targets,
    text as text,
    training as training,
)
from .core.environment import hello as hello
from .prediction import predict_album as predict_album
from .sources import open_catalogue as open_catalogue
