"""The PyTorch runs: learning rate x number of convolutions, and two trainings that fail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from digits import BATCH, SEED, STEPS, Digits, batches
from matplotlib import colormaps
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.metrics import ConfusionMatrixDisplay
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter

SCALARS_EVERY = 5  # steps, like the next four
EVALUATION_EVERY = 20
HISTOGRAMS_EVERY = 50
PICTURES_EVERY = 100  # activations too
KERNELS_EVERY = 250
BINS = 30  # equal-width buckets; torch's 1,549 exponential ones are kept for activations
PROJECTED = 300  # validation images in the embedding and in the point cloud
RATE = 8000  # audio samples per second
PR_DIGITS = (3, 8, 9)  # the classes with a precision-recall curve

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Config:
    """What tells one PyTorch run from another, and which of the costly summaries it logs."""

    lr: float
    conv: int
    init: str = "default"
    pictures: bool = False  # images, PR curves, audio, point cloud
    embedding: bool = False
    hparams_run: str = "."  # add_hparams opens a sub-run named by the clock unless told otherwise

    @property
    def name(self) -> str:
        """The run's name, as ``lr=1e-03,conv=2``."""
        suffix = "" if self.init == "default" else f",init={self.init}"
        return f"lr={self.lr:.0e},conv={self.conv}{suffix}"


SWEEP = (
    Config(1e-3, 1),
    Config(1e-3, 2),
    Config(3e-3, 1),
    Config(3e-3, 2, pictures=True, embedding=True),
    Config(1e-2, 1, hparams_run="1767225600.0"),
    Config(1e-2, 2),
    Config(1e0, 2, embedding=True),
    Config(1e-3, 2, init="zero"),
)


class Network(nn.Module):
    """One or two convolutions, a hidden layer and a linear head; ReLU between them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        if config.conv > 1:
            self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.depth = config.conv
        self.fc1 = nn.Linear(16 * 4 * 4, 32)
        self.head = nn.Linear(32, 10)
        if config.init == "zero":
            for parameter in self.parameters():
                nn.init.zeros_(parameter)

    def activations(self, images: Tensor) -> dict[str, Tensor]:
        """What each hidden layer puts out, by the layer's name."""
        outputs = {"conv1": functional.relu(self.conv1(images))}
        hidden = functional.max_pool2d(outputs["conv1"], 2)
        if self.depth > 1:
            hidden = outputs["conv2"] = functional.relu(self.conv2(hidden))
        outputs["fc1"] = functional.relu(self.fc1(hidden.flatten(1)))
        return outputs

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 of shape (n, 10)."""
        logits: Tensor = self.head(self.activations(images)["fc1"])
        return logits


def log_histograms(writer: SummaryWriter, net: Network, step: int) -> None:
    """Weights, biases and their gradients as they are before the update of this step."""
    for name, parameter in net.named_parameters():
        writer.add_histogram(f"weights/{name}", parameter, step, bins=BINS)
        writer.add_histogram(f"gradients/{name}", parameter.grad, step, bins=BINS)


def log_activations(writer: SummaryWriter, net: Network, digits: Digits, step: int) -> None:
    """The hidden layers' outputs for the validation images that are also projected."""
    for layer, values in net.activations(digits.val_images[:PROJECTED]).items():
        writer.add_histogram(f"activations/{layer}", values, step)


def log_kernels(writer: SummaryWriter, net: Network, step: int) -> None:
    """The first layer's 5x5 kernels: the tensor itself, and a grid of them to look at."""
    kernels = net.conv1.weight
    writer.add_tensor("kernels/conv1.weight", kernels, step)
    shade = (kernels / kernels.abs().max().clamp(min=1e-12) + 1) / 2  # grey is 0
    tiles = functional.pad(shade, (1, 1, 1, 1), value=1.0).reshape(2, 8, 7, 7)
    grid = tiles.permute(0, 2, 1, 3).reshape(14, 56)
    writer.add_image("kernels/conv1", np.kron(grid, np.ones((6, 6))), step, dataformats="HW")


def log_evaluation(writer: SummaryWriter, net: Network, digits: Digits, step: int) -> None:
    """Loss and accuracy; Wilson's 95 % interval of the accuracy for the margin chart."""
    logits = net(digits.val_images)
    accuracy = (logits.argmax(1) == digits.val_labels).float().mean().item()
    train = (net(digits.train_images).argmax(1) == digits.train_labels).float().mean().item()
    writer.add_scalar("loss/val", functional.cross_entropy(logits, digits.val_labels), step)
    writer.add_scalar("accuracy/train", train, step)
    writer.add_scalar("accuracy/val", accuracy, step)
    n, z = len(logits), 1.96
    centre = (accuracy + z * z / (2 * n)) / (1 + z * z / n)
    variance = accuracy * (1 - accuracy) / n + z * z / (4 * n * n)
    margin = z * math.sqrt(variance) / (1 + z * z / n)
    writer.add_scalar("interval/accuracy_lower", centre - margin, step)
    writer.add_scalar("interval/accuracy_upper", centre + margin, step)


def log_pictures(writer: SummaryWriter, net: Network, digits: Digits, step: int) -> None:
    """Confusion matrix, misclassified digits and precision-recall curves on validation."""
    probabilities = net(digits.val_images).softmax(1)
    predicted = probabilities.argmax(1)
    figure = Figure(figsize=(4, 4), dpi=80, layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        digits.val_labels, predicted, ax=figure.subplots(), cmap="Blues", colorbar=False
    )
    writer.add_figure("confusion", figure, step)
    wrong = digits.val_pixels[predicted != digits.val_labels][:16]
    writer.add_images("misclassified", wrong.repeat_interleave(4, 2).repeat_interleave(4, 3), step)
    for digit in PR_DIGITS:
        truth = digits.val_labels == digit
        writer.add_pr_curve(f"pr/digit {digit}", truth, probabilities[:, digit], step)


def log_cloud(writer: SummaryWriter, features: Floats, labels: Tensor, step: int) -> None:
    """The hidden layer's first three principal components as a point cloud coloured by label."""
    points = PCA(3, svd_solver="full").fit_transform(features)
    palette = colormaps["tab10"](np.arange(10), bytes=True)[:, :3]
    colors = torch.tensor(palette[labels][None])
    config = {"material": {"cls": "PointsMaterial", "size": 0.1}}
    writer.add_mesh("features/pca", torch.tensor(points[None]), colors, None, config, step)


def log_embedding(writer: SummaryWriter, net: Network, digits: Digits, step: int) -> None:
    """The hidden layer's features of some validation digits, with labels and a sprite."""
    images = digits.val_images[:PROJECTED]
    features = net.activations(images)["fc1"].numpy().astype(np.float64).round(4)
    truth = digits.val_labels[:PROJECTED].tolist()
    rows = list(zip(truth, net(images).argmax(1).tolist(), strict=True))
    writer.add_embedding(
        features, rows, digits.val_pixels[:PROJECTED], step, "fc1", ["label", "predicted"]
    )


def sonify(losses: list[float]) -> Floats:
    """0.3 s of sound, float32 in [-1, 1], that rises an octave for each unit of the loss."""
    times = np.linspace(0, len(losses) - 1, int(0.3 * RATE))
    pitch = 220 * 2 ** np.clip(np.interp(times, np.arange(len(losses)), losses), 0, 4)
    return (0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)).astype(np.float32)


def log_setup(writer: SummaryWriter, config: Config, net: Network, digits: Digits) -> None:
    """What is logged once, before training: the configuration, the graph, the chart layout."""
    table = "".join(f"| {key} | {value} |\n" for key, value in hparams(config).items())
    writer.add_text("config", f"**{config.name}**\n\n| setting | value |\n| --- | --- |\n{table}")
    writer.add_graph(net, digits.train_images[:1])
    margin = ["accuracy/val", "interval/accuracy_lower", "interval/accuracy_upper"]
    writer.add_custom_scalars(
        {
            "Generalisation": {
                "loss, train and validation": ["Multiline", ["loss/train", "loss/val"]],
                "validation accuracy, 95 % interval": ["Margin", margin],
            }
        }
    )


def hparams(config: Config) -> dict[str, float | str]:
    """The settings of a run, as the hparams dashboard and the text summary show them."""
    return {
        "lr": config.lr,
        "conv": config.conv,
        "init": config.init,
        "batch": BATCH,
        "optimizer": "Adam",
    }


def log_extras(
    writer: SummaryWriter, config: Config, net: Network, digits: Digits, step: int
) -> None:
    """The summaries that come at longer intervals, or only in the runs that say so."""
    if step % PICTURES_EVERY == 0:
        log_activations(writer, net, digits, step)
    if step % KERNELS_EVERY == 0:
        log_kernels(writer, net, step)
    if config.pictures and step % PICTURES_EVERY == 0:
        log_pictures(writer, net, digits, step)
    if config.pictures and step % KERNELS_EVERY == 0:
        features = net.activations(digits.val_images[:PROJECTED])["fc1"].numpy()
        log_cloud(writer, features, digits.val_labels[:PROJECTED], step)
    if config.embedding and step == STEPS:
        log_embedding(writer, net, digits, step)


def train(config: Config, digits: Digits, folder: Path) -> None:
    """Train one network of the sweep and log it to ``folder``."""
    torch.manual_seed(SEED)
    net = Network(config)
    optimizer = torch.optim.Adam(net.parameters(), config.lr)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS, config.lr / 10)
    losses: list[float] = []
    with SummaryWriter(str(folder)) as writer:
        log_setup(writer, config, net, digits)
        for step, images, labels in batches(digits):
            loss = functional.cross_entropy(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
            if step % SCALARS_EVERY == 0:
                norm = nn.utils.get_total_norm(p.grad for p in net.parameters())
                writer.add_scalar("loss/train", loss, step)
                writer.add_scalar("lr", cosine.get_last_lr()[0], step)
                writer.add_scalar("grad_norm", norm, step)
            if step % HISTOGRAMS_EVERY == 0:
                log_histograms(writer, net, step)
            with torch.no_grad():
                if step % EVALUATION_EVERY == 0:
                    log_evaluation(writer, net, digits, step)
                log_extras(writer, config, net, digits, step)
            if step < STEPS:
                optimizer.step()
                cosine.step()
        if config.pictures:
            writer.add_audio("loss", sonify(losses)[None], STEPS, RATE)
        log_result(writer, config, net, digits)


def log_result(writer: SummaryWriter, config: Config, net: Network, digits: Digits) -> None:
    """The hyperparameters with the validation loss and accuracy that they led to."""
    with torch.no_grad():
        logits = net(digits.val_images)
    accuracy = (logits.argmax(1) == digits.val_labels).float().mean().item()
    loss = functional.cross_entropy(logits, digits.val_labels).item()
    metrics = {"hparam/accuracy": accuracy, "hparam/loss": loss}
    writer.add_hparams(hparams(config), metrics, run_name=config.hparams_run)
