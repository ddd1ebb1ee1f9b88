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
    if carried < limits["carried"] * learnt and (sure or likely):
        yield RULE.finding(
            validation.run,
            f"The training accuracy is {number(seen)}, but validation is near chance: "
            f"{number(unseen)}" + (f" for {count} classes." if count else ", as before training."),
            "Compare labels and preprocessing of the two splits; shuffled labels look like this.",
            tag=validation.tag,
            step=validation.last_step,
            value=unseen,
            threshold=chance + limits["carried"] * learnt,
        )


def _no_gain(training: Training, limits: Limits) -> bool:
    """Whether the training loss has fallen and the validation loss has never been lower."""
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
    least = float(smooth(validation.values).min())
    return least > limits["never"] * start and loss.tail < limits["falls"] * start


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
        Threshold("never", 0.98, "of the loss of guessing, which validation never went below; own"),
        Threshold("falls", 0.95, "of the loss of guessing, below which training went; own"),
        Threshold("guess", 0.6, "accuracy that may be guessing; above it something was known"),
    ),
    explains=("overfitting",),
)
