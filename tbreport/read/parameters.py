"""What the tensors of a checkpoint are called and what they are there for, told by their names."""

from __future__ import annotations

import re

from tbreport.model import TensorRole
from tbreport.read.bundle import SUFFIX

# A whole name, or its first or last part, in lower case.
_OPTIMIZER = re.compile(
    r"""
    (?:^|[./])\.optimizer_slot(?:[./]|$)      # TF2, object-based
    | ^(?:\w*_)?optim(?:izers?|s)?(?:_states?(?:_dict)?|_state_dict|_weights)?(?:[./]|$)
    | /(?:adam|adam_1|adamax|momentum|rmsprop|rmsprop_1|adagrad|adadelta|adadelta_1|ftrl|ftrl_1)$
    | [./](?:exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|square_avg|grad_avg|acc_delta)$
    | ^beta[12]_power(?:_\d+)?$
    """,
    re.VERBOSE,
)
_STATE = re.compile(
    r"""
    ^(?:callbacks|loops|lr_schedulers?|schedulers?|scaler|amp|rng_states?)(?:[./_]|$)
    | (?:^|[./])(?:save_counter|global_step|num_batches_tracked|iterations?|step|epoch)$
    | (?:^|[./])(?:seed_generator|keras_api/metrics|metrics|rng_state)(?:_\d+)?(?:[./]|$)
    """,
    re.VERBOSE,
)
_STATISTIC = re.compile(
    r"""
    (?:^|[./_])(?:running_mean|running_var|moving_mean|moving_variance)(?::0)?$
    | /exponentialmovingaverage$
    | ^(?:\w+_)?ema(?:_model|_state_dict)?[./]
    """,
    re.VERBOSE,
)


def clean_name(key: str) -> str:
    """The name of a tensor by its key in the file.

    ``layer/kernel/.ATTRIBUTES/VARIABLE_VALUE`` is ``layer/kernel`` and ``kernel:0`` is ``kernel``.
    """
    return key.removesuffix(SUFFIX).removesuffix(":0")


def role_of(key: str, name: str, file_stem: str = "") -> TensorRole:
    """What a tensor is there for, by its key in the file, its clean name and its file's name."""
    names = [name.lower(), clean_name(key).lower()]
    if "/_trainable_variables/" in key:  # Keras 3 keeps the model's variables in its optimizer
        names = [each for each in names if "/_trainable_variables/" not in each]
    if any(_OPTIMIZER.search(each) for each in names) or "optim" in file_stem.lower():
        return TensorRole.OPTIMIZER
    if any(_STATISTIC.search(each) for each in names):
        return TensorRole.STATISTIC
    if any(_STATE.search(each) for each in names):
        return TensorRole.STATE
    return TensorRole.PARAMETER
