"""What a name means in a training: its role, its experiment, and which way is better.

The words for roles, losses and steps were tried on 53 groups of runs from public logs; those for
metrics are the usual ones of classification, regression, detection, language and games.
"""

from __future__ import annotations

import re
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
