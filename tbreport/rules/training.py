"""A training: the runs that belong together, and which of their series mean what.

Rules look at trainings, not at runs: Keras writes train and validation as two runs, others log
``train_loss`` and ``val_loss`` side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tbreport import roles
from tbreport.model import HParams, Logs, Run
from tbreport.roles import Role
from tbreport.rules.curves import Curve
from tbreport.rules.layers import Layers, classes, layers
from tbreport.rules.readings import Reading, learning_rate, main, part_role, partner, reading_role

SOLVED = 0.9  # a training accuracy from which on nothing about its loss is worth an alarm
SMOOTH = 0.02  # of the median: batches of 2,500 examples with a loss as large as its deviation
STUCK = 0.05  # of the first loss: less is nothing; TheDeepChecker
LEARNT = 0.2  # the share of the first loss that must be gone to say that something was learnt


class Unchecked(Exception):
    """The logs of a training lack what a rule needs; ``str(error)`` says what."""


@dataclass(frozen=True, eq=False)
class Training:
    """Everything rules ask about one training.

    ``losses`` are the training loss that sums it up, once for each pace it was logged at, by epoch
    before by batch; there is none where several losses stand for parts of the whole and none for
    the whole. ``validation_loss`` is its partner. ``game`` is True where networks play against each
    other or for a reward: there a falling loss means nothing. ``one_loss`` is False where parts of
    the loss, or other losses, were logged as well.
    """

    name: str
    runs: tuple[Run, ...]
    losses: tuple[Curve, ...] = ()
    validation_loss: Curve | None = None
    accuracy: Curve | None = None
    validation_accuracy: Curve | None = None
    learning_rate: Curve | None = None
    game: bool = False
    one_loss: bool = True
    layers: Layers = field(default_factory=Layers)

    @property
    def loss(self) -> Curve | None:
        """The training loss at its slowest pace."""
        return self.losses[0] if self.losses else None

    def trend(self, points: int = 2) -> Curve:
        """A training loss of so many points whose course means something. Raises Unchecked."""
        if self.game:
            raise Unchecked("losses of adversaries or of reinforcement learning need not fall")
        if not self.losses:
            raise Unchecked("no training loss that stands for the whole was logged")
        for one in self.losses:
            if len(one) >= points:
                return one
        raise Unchecked(f"a training loss of at least {points} points is needed")

    def pair(self, points: int) -> tuple[Curve, Curve]:
        """The training loss and the validation loss. Raises Unchecked."""
        loss = self.trend()
        if self.validation_loss is None:
            raise Unchecked("no validation loss that belongs to the training loss was logged")
        if len(self.validation_loss) < points:
            raise Unchecked(f"a validation loss of at least {points} points is needed")
        return loss, self.validation_loss

    def is_by_epoch(self, loss: Curve) -> bool:
        """Whether each point sums up an epoch: as its name says, or because it is smooth.

        So is one that was logged along with validation.
        """
        smooth = not loss.noise and loss.roughness < SMOOTH * abs(float(np.median(loss.values)))
        if smooth or "epoch" in roles.tokens(loss.tag):
            return True
        validation = self.validation_loss
        return validation is not None and bool(np.isin(loss.steps, validation.steps).mean() > 0.8)

    @property
    def solved(self) -> bool:
        """Whether the last accuracies, in training if known, say that the task is learnt."""
        accuracy = self.accuracy or self.validation_accuracy
        return accuracy is not None and late(accuracy) >= SOLVED

    @property
    def learnt(self) -> bool:
        """Whether it has got anywhere: by its accuracy if there is one, else by its loss."""
        accuracy, loss = self.accuracy or self.validation_accuracy, self.loss
        if accuracy is not None:
            return late(accuracy) > 0.6 or late(accuracy) - accuracy.base > 0.1
        if loss is None or len(loss) < 2:
            return False
        start = max(loss.base, loss.head)
        return start > 0 and start - loss.tail > LEARNT * start

    @property
    def stuck(self) -> bool:
        """Whether it has got nowhere: by its accuracy if there is one, else by its loss."""
        if self.game or self.loss is None:
            return False
        if self.accuracy is not None or self.validation_accuracy is not None:
            return not self.learnt
        return self.loss.base - self.loss.tail < STUCK * abs(self.loss.base)

    @property
    def diverges(self) -> bool:
        """Whether the loss ends far above its start or in NaN."""
        loss = self.loss
        if loss is None or self.game:
            return False
        run = next(run for run in self.runs if run.name == loss.run)
        lost = not np.isfinite(run.scalars[loss.tag].values[-1])
        return bool(lost or (len(loss) >= 4 and loss.tail > 2 * max(loss.head, loss.base)))

    @property
    def classes(self) -> int | None:
        """The number of classes, where a layer's name or a loss of ln(classes) vouches for it."""
        count, named = classes(self.layers)
        if count < 2 or self.accuracy is None:
            return None
        ends = [] if self.loss is None else [self.loss.base, self.loss.tail]
        vouched = any(abs(end / np.log(count) - 1) < 0.1 for end in ends)
        return count if named or vouched else None

    @property
    def hparams(self) -> HParams | None:
        """The settings of the first of its runs that logged any."""
        return next((run.hparams for run in self.runs if run.hparams is not None), None)


def late(one: Curve) -> float:
    """The median of the last three values."""
    return float(np.median(one.values[-3:]))


def trainings(logs: Logs) -> tuple[Training, ...]:
    """Group the runs into trainings, in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in logs.runs:
        groups.setdefault(_group(run.name), []).append(run)
    return tuple(_training(name, tuple(runs)) for name, runs in groups.items())


def _group(name: str) -> str:
    """The experiment; torch's add_scalars makes runs "Loss_train" and "Loss_val" beside it."""
    whole = roles.experiment(name)
    head, _, last = whole.rpartition("/")
    words = roles.tokens(last)
    if len(words) > 1 and part_role(last) is not Role.UNKNOWN:
        return head or "."
    return whole


def _training(name: str, runs: tuple[Run, ...]) -> Training:
    readings = [
        Reading(run, series, reading_role(tag, run.name, name))
        for run in runs
        for tag, series in run.scalars.items()
        if len(series)
    ]
    losses = [one for one in readings if one.is_loss]
    whole, unseen = _by_role(losses)
    accuracies = [one for one in readings if one.is_accuracy]
    accuracy, unseen_accuracy = _by_role(accuracies)
    return Training(
        name,
        runs,
        losses=tuple(found for one in whole if (found := one.curve) is not None),
        validation_loss=unseen,
        accuracy=accuracy[0].curve if accuracy else None,
        validation_accuracy=unseen_accuracy,
        learning_rate=learning_rate(readings),
        game=any(one.is_game for one in readings),
        one_loss=len({one.base_name for one in losses}) <= 1,
        layers=layers(runs),
    )


def _by_role(readings: list[Reading]) -> tuple[list[Reading], Curve | None]:
    """The readings of training data that stand for the whole, and their partner in validation."""
    whole = main([one for one in readings if one.role is not Role.VALIDATION])
    if whole:
        return whole, partner(whole[0], readings)
    unseen = main([one for one in readings if one.role is Role.VALIDATION])
    return [], unseen[0].curve if unseen else None
