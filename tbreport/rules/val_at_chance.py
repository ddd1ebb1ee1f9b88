"""A network that is good on its training data and guesses on all others has learnt it by heart.

With labels that have nothing to do with the inputs, or with inputs that are prepared differently
for the two splits, there is nothing else to learn.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tbreport.model import Finding, Severity
from tbreport.rules.curves import smooth
from tbreport.rules.kit import Limits, Rule, Threshold, each, number
from tbreport.rules.training import Training, Unchecked, late


def _check(training: Training, limits: Limits) -> Iterable[Finding]:
    accuracy, validation = training.accuracy, training.validation_accuracy
    if accuracy is None or validation is None:
        raise Unchecked("no accuracy of both training and validation was logged")
    count = training.classes
    if count is None and not validation.before_training:
        raise Unchecked("neither the number of classes nor the accuracy before training is known")
    chance = 1.0 / count if count else float(validation.values[0])
    seen, unseen = late(accuracy), late(validation)
    learnt, carried = seen - chance, unseen - chance
    sure = count is not None and learnt > limits["learnt"] and seen - unseen > limits["learnt"]
    likely = (
        learnt > limits["learnt"] / 2 and chance < limits["guess"] and _no_gain(training, limits)
    )
    if carried < min(limits["carried"] * learnt, limits["near"]) and (sure or likely):
        yield RULE.finding(
            validation.run,
            f"The training accuracy is {number(seen)}, but validation is near chance: "
            f"{number(unseen)}" + (f" for {count} classes." if count else ", as before training."),
            "Compare labels and preprocessing of the two splits; shuffled labels look like this.",
            tag=validation.tag,
            step=validation.last_step,
            value=unseen,
            threshold=chance + min(limits["carried"] * learnt, limits["near"]),
        )


def _no_gain(training: Training, limits: Limits) -> bool:
    """Whether the training loss has fallen and the validation loss has hardly followed."""
    loss, validation = training.loss, training.validation_loss
    if loss is None or validation is None or len(validation) < 5 or training.game:
        return False
    count = training.classes
    if count is not None:
        start = float(np.log(count))
    elif validation.before_training:
        start = float(validation.values[0])
    else:
        return False
    gained, carried = start - loss.tail, start - float(smooth(validation.values).min())
    return gained > limits["falls"] * start and carried < limits["follows"] * gained


RULE = Rule(
    id="val-at-chance",
    title="Validation at chance",
    severity=Severity.ERROR,
    why=__doc__ or "",
    needs="training and validation accuracy, and the number of classes or a point before training",
    check=each(_check),
    thresholds=(
        Threshold("learnt", 0.1, "of accuracy above chance; half of it if the losses agree; own"),
        Threshold("carried", 0.4, "of what was learnt above chance shows in validation; own"),
        Threshold("near", 0.1, "of accuracy above chance: more is no guessing"),
        Threshold("falls", 0.05, "of the loss of guessing that training must have gained; own"),
        Threshold("follows", 0.2, "of that gain, which validation never reached; own"),
        Threshold("guess", 0.6, "accuracy that may be guessing; above it something was known"),
    ),
    explains=("overfitting",),
)
