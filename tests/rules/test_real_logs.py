"""Real logs of public repositories: every alarm was looked at as a curve, and is there to stay."""

from tbreport.errors import InputError
from tbreport.read.logdir import read_logs
from tests.rules.trainings import alarms, verdict_of

# Three runs of a sweep have a learning rate that leaves the loss at ln 2; in one MNIST training the
# validation loss is best in the fifth of twenty epochs.
RIGHT = {
    "Alwaysproblem__tensorboard-review": ["update-too-small"],
    "guildai__guildai": ["overfitting"],
}


def test_real_logs_raise_the_alarms_that_are_right(real_log):
    try:
        logs = read_logs(real_log)
    except InputError:  # an embedding alone, without event files
        return
    assert alarms(verdict_of(*logs.runs)) == RIGHT.get(real_log.name, [])
