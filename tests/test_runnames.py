import pytest

from tbreport.runnames import hparams_in_name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lr=1e-03,conv=2", {"lr": 0.001, "conv": 2.0}),
        ("lr_1E-03,conv=2,fc=2", {"lr": 0.001, "conv": 2.0, "fc": 2.0}),
        ("lr0.01_bs32", {"lr": 0.01, "bs": 32.0}),
        ("x-lr1e-4-bs64", {"lr": 0.0001, "bs": 64.0}),
        ("sweep/lr=1,init=zero/seed_3", {"lr": 1.0, "init": "zero", "seed": 3.0}),
        ("lr=0.1/lr=0.2", {"lr": 0.2}),
        ("aug=no,bn=True", {"aug": "no", "bn": True}),
        # Numbers that count runs or days are no settings.
        ("run1", {}),
        ("version_0/checkpoints", {}),
        ("221208_0354_P6_td3_1000000/TD3_1", {}),
        ("损失=1", {}),
        ("", {}),
    ],
)
def test_settings_in_the_names_of_runs(name, found):
    assert hparams_in_name(name) == found
