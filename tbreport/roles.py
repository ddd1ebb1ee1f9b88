"""What a name means in a training: its role, its experiment, and which way is better.

The words for roles, losses and steps were tried on 53 groups of runs from public logs; those for
metrics are the usual ones of classification, regression, detection, language and games.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import StrEnum


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CROSS_ENTROPY = re.compile(r"cross[ _-]?entropy", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")

VALIDATION_WORDS = _words("val valid validation dev eval evaluation test testing holdout")
TRAINING_WORDS = _words("train training trn tr")
LOSS_WORDS = _words("loss nll crossentropy xent mse mae rmse bce ce objective cost")
STEP_WORDS = _words("step batch iter iteration iterations")
REWARD_WORDS = _words("reward rewards rew return returns success win")
# Parts of a game between networks, where falling need not be better.
EXOTIC_WORDS = _words(
    "generator discriminator adv adversarial critic actor policy value kl kld elbo g d q gan"
    " gen disc"
)

_LOWER_WORDS = LOSS_WORDS | _words(
    "losses error errors err perplexity ppl bpc bpb mape smape msle rmsle wer cer fid brier regret"
    " deviance"
)
_HIGHER_WORDS = REWARD_WORDS | _words(
    "acc accuracy accuracies auc auroc auprc roc f1 fbeta precision prec recall map ap bleu rouge"
    " meteor cider r2 psnr ssim iou miou dice jaccard mcc kappa ndcg mrr sensitivity specificity"
    " hits likelihood explained"
)
_HIGHER_IF_ALONE = frozenset({"score"})  # "Brier score", "loss score": the other word decides
# Settings and costs of a training that carry a metric's word: "loss_scale", "error_weight".
_NOT_A_RESULT = _words(
    "lr learning scale scaler weight weights coef coefficient lambda beta grad grads gradient"
    " gradients norm time seconds duration fps clip"
)


class Role(StrEnum):
    """Which data a value was measured on."""

    TRAINING = "training"
    VALIDATION = "validation"
    UNKNOWN = ""


class Better(StrEnum):
    """Which way a metric gets better."""

    LOWER = "lower"
    HIGHER = "higher"
    UNKNOWN = ""


@functools.lru_cache(maxsize=4096)  # tags come again in every run and rule
def tokens(name: str) -> tuple[str, ...]:
    """The lower-case words of a name, split at punctuation and camelCase: "valLoss" has two.

    "cross_entropy" is one word, so that it is told from the entropy of a policy.
    """
    return tuple(word.lower() for word in _TOKEN.findall(_CROSS_ENTROPY.sub("crossentropy", name)))


def role(tag: str, run: str = "") -> Role:
    """What the first role word of the tag says, else the run's path.

    Of the path the last component that is just a role word counts, else the last role word of the
    last component: ``tests/logs/train`` and ``a/loss_train`` are training.
    """
    parts = run.split("/")[::-1]
    words = (*tokens(tag), *map(str.lower, parts), *tokens(parts[0])[::-1])
    return next((meaning for word in words if (meaning := _word_role(word))), Role.UNKNOWN)


def experiment(run: str) -> str:
    """The run's path without components that are only a role word; "." when nothing is left.

    Keras writes ``a/train`` and ``a/validation`` for what users think of as one training ``a``.
    """
    parts = [part for part in run.split("/") if not _word_role(part.lower())]
    return "/".join(parts) or "."


def _word_role(word: str) -> Role:
    if word in VALIDATION_WORDS:
        return Role.VALIDATION
    return Role.TRAINING if word in TRAINING_WORDS else Role.UNKNOWN


def is_loss(tag: str) -> bool:
    """Whether the tag names a loss: one of LOSS_WORDS or a word that ends in "loss"."""
    return any(word in LOSS_WORDS or word.endswith("loss") for word in tokens(tag))


def is_exotic(tag: str) -> bool:
    """Whether the tag is one side of a game (GAN, actor and critic), where trends mislead."""
    return not EXOTIC_WORDS.isdisjoint(tokens(tag))


def better(tag: str) -> Better:
    """Which way is better by the tag's name; the last telling word decides ("accuracy_loss")."""
    words = tokens(tag)
    if not _NOT_A_RESULT.isdisjoint(words):
        return Better.UNKNOWN
    negated = not {"neg", "negative"}.isdisjoint(words)
    for word in reversed(words):
        found = _word_direction(word)
        if found is Better.HIGHER and word == "likelihood" and negated:
            return Better.LOWER
        if found is not Better.UNKNOWN:
            return found
    return Better.HIGHER if not _HIGHER_IF_ALONE.isdisjoint(words) else Better.UNKNOWN


def _word_direction(word: str) -> Better:
    """Also of "top1acc"-like words that end in a metric's name, and of "ap50", "prec1"."""
    stem = word.rstrip("0123456789")
    if word in _LOWER_WORDS or stem in _LOWER_WORDS or stem.endswith(("loss", "error")):
        return Better.LOWER
    if word in _HIGHER_WORDS or stem in _HIGHER_WORDS or stem.endswith(("acc", "accuracy")):
        return Better.HIGHER
    return Better.UNKNOWN


# What histograms show. The forms are those of torch's and Keras' own names and of the idioms in
# public code around them: "fc1.weight", "grads/fc1.weight", "fc1.weight.grad", "fc1/kernel_0",
# "layer1/weights/summaries/histogram", "activations/relu1".
GRADIENT_WORDS = _words("grad grads gradient gradients")
ACTIVATION_WORDS = _words("act acts activation activations")
_OUTPUT_WORDS = _words("output outputs")
_BIAS_WORDS = _words("bias biases b")
_KERNEL_WORDS = _words("weight weights kernel kernels w filter filters matrix")
_NORM_WORDS = _words(
    "gamma beta scale running moving mean var variance tracked bn batchnorm layernorm groupnorm"
    " instancenorm rmsnorm ln gn norm normalization normalisation prelu"
)
_POSITION_WORDS = _words("pos position positions positional posemb")
_EMBEDDING_WORDS = _words("emb embed embedder embedding embeddings wte")
_WRAPPER_WORDS = (
    GRADIENT_WORDS
    | ACTIVATION_WORDS
    | _words(
        "weight weights bias biases param params parameter parameters variable variables kernels"
        " histogram histograms hist distribution distributions summaries summary"
    )
)
_TRAILING_WORDS = (
    GRADIENT_WORDS | ACTIVATION_WORDS | _words("histogram hist distribution summaries summary")
)
_GRADIENT_SUFFIX = re.compile(r"[_:-]grad(?:s|ients?)?$", re.IGNORECASE)
_OUTPUT_SUFFIX = re.compile(r"[_:]0$")  # "kernel:0" is the first output of TensorFlow's "kernel"


class Quantity(StrEnum):
    """What a histogram is taken of."""

    PARAMETER = "parameter"
    GRADIENT = "gradient"
    ACTIVATION = "activation"
    UNKNOWN = ""


class Part(StrEnum):
    """Which part of a layer a parameter or its gradient is."""

    KERNEL = "kernel"
    BIAS = "bias"
    NORM = "normalisation"  # scale, shift and statistics of a normalisation layer
    EMBEDDING = "embedding"
    POSITION = "position"
    UNKNOWN = ""


@dataclass(frozen=True)
class HistogramRole:
    """What the tag of a histogram says.

    ``parameter`` is the path of the parameter, components joined by "/", the same for the values of
    a parameter and for its gradient; ``layer`` is that path without the parameter's own name.
    """

    quantity: Quantity
    part: Part
    layer: str
    parameter: str


def histogram_role(tag: str) -> HistogramRole:
    """Read the tag of a histogram: "grads/net.fc1.bias" is the gradient of the bias of "net/fc1".

    A name that says nothing ("predictions") has the quantity UNKNOWN: rules about weights must not
    guess.
    """
    components = [part for part in re.split(r"[/.]", tag) if part]
    wrapper = ""
    while len(components) > 1 and set(tokens(components[0])) <= _WRAPPER_WORDS:
        wrapper += components.pop(0) + " "
    while len(components) > 1 and set(tokens(components[-1])) <= _TRAILING_WORDS:
        components.pop()
    components = components or [tag]
    own = _OUTPUT_SUFFIX.sub("", _GRADIENT_SUFFIX.sub("", components[-1])) or components[-1]
    parameter = "/".join([*components[:-1], own])
    named = not set(_stems(own)).isdisjoint(_BIAS_WORDS | _KERNEL_WORDS | _EMBEDDING_WORDS)
    quantity = _quantity(tag, wrapper, own, named)
    layer = "/".join(components[:-1]) if named or _is_norm_statistic(own) else parameter
    if quantity is Quantity.ACTIVATION:
        return HistogramRole(quantity, Part.UNKNOWN, parameter, parameter)
    return HistogramRole(quantity, _part(parameter, own, wrapper), layer or parameter, parameter)


def _stems(name: str) -> list[str]:
    """The words of a name without the numbers that end them: "norm2" is a norm."""
    return [word.rstrip("0123456789") or word for word in tokens(name)]


def _quantity(tag: str, wrapper: str, own: str, named: bool) -> Quantity:
    words = set(tokens(tag))
    outer = set(tokens(wrapper))
    if not words.isdisjoint(GRADIENT_WORDS):
        return Quantity.GRADIENT
    if not outer.isdisjoint(ACTIVATION_WORDS):
        return Quantity.ACTIVATION
    if not named and not words.isdisjoint(ACTIVATION_WORDS | _OUTPUT_WORDS):
        return Quantity.ACTIVATION
    if named or _is_norm_statistic(own) or not outer.isdisjoint(_KERNEL_WORDS | _PARAMETER_WORDS):
        return Quantity.PARAMETER
    return Quantity.UNKNOWN


_PARAMETER_WORDS = _words("param params parameter parameters variable variables bias biases")
_STATISTIC_WORDS = _words("gamma beta scale running moving")


def _is_norm_statistic(own: str) -> bool:
    return not set(_stems(own)).isdisjoint(_STATISTIC_WORDS)


def _part(parameter: str, own: str, wrapper: str) -> Part:
    """By the parameter's own name, then by the name of its layer, then by what was around it."""
    stems, last = set(_stems(parameter)), set(_stems(own))
    layer = set(_stems(parameter.split("/")[-2])) if "/" in parameter else set()
    if not stems.isdisjoint(_POSITION_WORDS):
        return Part.POSITION
    if not (last | layer).isdisjoint(_NORM_WORDS) or {"weight", "g"} <= last:
        return Part.NORM
    if not last.isdisjoint(_BIAS_WORDS) or not set(tokens(wrapper)).isdisjoint(_BIAS_WORDS):
        return Part.BIAS
    if not (last | layer).isdisjoint(_EMBEDDING_WORDS):
        return Part.EMBEDDING
    if not last.isdisjoint(_KERNEL_WORDS) or wrapper:
        return Part.KERNEL
    return Part.UNKNOWN
