import numpy as np

from tbreport.model import Checkpoint, CheckpointTensor, TensorRole
from tbreport.options import Options
from tbreport.sections import filters, weights
from tests.make import logs, run
from tests.sections.plain import said, words


def tensor(name, values, **about):
    shape = np.shape(values)
    return CheckpointTensor(name, name, shape, "float32", values=np.asarray(values), **about)


def checkpoint(*tensors, name="model.ckpt-100.index", **about):
    about = {"format": "TensorFlow bundle", "size": 1000, "step": 100, **about}
    return Checkpoint(name, tensors={one.name: one for one in tensors}, **about)


def test_tensors_are_listed_with_what_their_numbers_are():
    slot = CheckpointTensor("fc/Adam", "fc/Adam", (2,), "float32", TensorRole.OPTIMIZER)
    weight = tensor("fc/kernel", np.array([[0.0, 1], [2, np.nan]]))
    unread = checkpoint(name="model.ckpt-1.index", read=False)
    one = run("a", checkpoints=(unread, checkpoint(slot, weight)))
    (panel,) = weights.build(logs(one), (), Options()).panels
    table = words(panel.tables[0])
    assert table[1] == ["fc/kernel", "2 × 2", "float32", "4", "1", "0.8165", "0", "2", "25%", "!!1"]
    assert table[2][:4] == ["fc/Adam (optimizer)", "2", "float32", "2"]
    assert panel.small == "step 100 · TensorFlow bundle · 1 kB · 4 parameters"
    assert said(panel) == ["1 further checkpoint listed, not read."]


def test_kernels_of_checkpoints_are_mosaics_unless_they_were_logged():
    bank = np.random.default_rng(0).normal(size=(5, 5, 1, 16))
    first = checkpoint(tensor("conv/kernel", bank, layout="HWIO"), step=0)
    last = checkpoint(tensor("conv/kernel", bank * 2, layout="HWIO"), step=100)
    (panel,) = filters.build(logs(run("a", checkpoints=(first, last))), (), Options()).panels
    assert [figure.caption for figure in panel.figures] == [
        "conv/kernel · step 0 · 16 kernels · 5×5",
        "conv/kernel · step 100 · 16 kernels · 5×5",
    ]
    assert words(panel.tables[0])[1][0] == "conv/kernel (checkpoint)"
