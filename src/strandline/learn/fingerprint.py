"""Which encoder made an embedding: a short name of its weights and of all that goes before them."""

import hashlib
import json
from dataclasses import asdict

from strandline.learn.model import Model

__all__ = ["fingerprint"]

_LENGTH = 16


def fingerprint(model: Model) -> str:
    """Return 16 hexadecimal digits that are alike for models with the same embedding.

    They depend on the weights of the encoder, the scaling, the geometry of views, how they are
    averaged, and on what is erased; not on the head, nor on the folder's name.
    """
    told = {
        "scaling": asdict(model.scaling),
        "encoder": model.recipe.encoder.model_dump(mode="json"),
        "views": model.recipe.views.model_dump(mode="json"),
        "inference": model.recipe.inference.model_dump(mode="json"),
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name, value in sorted(model.encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    if model.erasure is not None:
        for name, array in sorted(model.erasure.arrays().items()):
            digest.update(name.encode())
            digest.update(array.tobytes())
    return digest.hexdigest()[:_LENGTH]
