"""What a finished run says."""


def facts(**own):
    numbers = {"params": 10, "seconds_per_epoch": 1.0, "coverage@1": 0.5, "coverage@3": 1.0, "coverage@5": 1.0}
    return {
        "modality": "audio",
        "target": "cosine",
        "setting": "low_4x96",
        "auc": 0.7,
        "val_auc": 0.6,
        **numbers,
        **own,
    }
