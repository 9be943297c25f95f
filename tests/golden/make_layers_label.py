"""Cases of layers that use labels, alone and in networks."""
import torch
from torch import nn

from make_layers import case
from make_layers_residual import Residual

batch = {"labels": None}  # of the network's current input


class LabelEmbedding(nn.Embedding):
    """The layer of gan_layer_label_embedding()."""

    def forward(self, x):
        y = torch.cat([x.flatten(1), super().forward(batch["labels"])], 1)
        return y[:, :, None, None] if x.shape[2:] == (1, 1) else y


class LabelMap(nn.Embedding):
    """gan_layer_label_map(), for pictures of h x w."""

    def __init__(self, classes, maps, h, w):
        super().__init__(classes, maps * h * w)
        self.shape = (-1, maps, h, w)

    def forward(self, x):
        return torch.cat([x, super().forward(batch["labels"]).reshape(self.shape)], 1)


class OneHot(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def forward(self, x):
        hot = nn.functional.one_hot(batch["labels"], self.classes).to(x.dtype)
        if x.dim() != 4:
            return torch.cat([x.flatten(1), hot], 1)
        return torch.cat([x, hot[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)


class ClassAffine(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(classes, features))
        self.bias = nn.Parameter(torch.zeros(classes, features))

    def forward(self, x):
        a, b = (nn.functional.embedding(batch["labels"], table) for table in (self.weight, self.bias))
        ones = (1,) * (x.dim() - 2)
        return a.reshape(*a.shape, *ones) * x + b.reshape(*b.shape, *ones)


class Projection(nn.Linear):
    def __init__(self, features, classes):
        super().__init__(features, 1)
        self.embedding = nn.Embedding(classes, features)

    def forward(self, x):
        x = x.flatten(1)
        return super().forward(x) + (self.embedding(batch["labels"]) * x).sum(1, keepdim=True)


def conditional_norm(norm, features, classes):
    return [norm(features, affine=False), ClassAffine(features, classes)]


def draw_labels(v, name, rows, classes):
    batch["labels"] = torch.randint(classes, (rows,))
    v[f"{name}.labels"] = batch["labels"]


def labelled(v, name, module, shape, rows, classes):
    draw_labels(v, name, rows, classes)
    case(v, name, module, shape, rows)


def label_cases(v):
    labelled(v, "embedding", LabelEmbedding(3, 4), (5,), 7, 3)
    labelled(v, "embedding_one", LabelEmbedding(1, 1), (1,), 1, 1)
    labelled(v, "embedding_pixel", LabelEmbedding(10, 10), (6, 1, 1), 4, 10)
    labelled(v, "embedding_image", LabelEmbedding(4, 3), (2, 3, 2), 5, 4)
    labelled(v, "embedding_many", LabelEmbedding(256, 2), (3,), 40, 256)
    labelled(v, "map", LabelMap(3, 1, 4, 3), (1, 4, 3), 5, 3)
    labelled(v, "maps", LabelMap(10, 2, 2, 5), (3, 2, 5), 6, 10)
    labelled(v, "map_pixel", LabelMap(2, 3, 1, 1), (4, 1, 1), 3, 2)
    labelled(v, "hot", OneHot(3), (5,), 4, 3)
    labelled(v, "hot_matrix", OneHot(2), (3, 2), 3, 2)
    labelled(v, "hot_image", OneHot(4), (2, 3, 2), 6, 4)
    labelled(v, "hot_pixel", OneHot(5), (2, 1, 1), 6, 5)
    labelled(v, "affine", ClassAffine(9, 4), (9,), 8, 4)
    labelled(v, "affine_image", ClassAffine(3, 10), (3, 4, 5), 7, 10)
    labelled(v, "affine_pixel", ClassAffine(6, 2), (6, 1, 1), 5, 2)
    labelled(v, "affine_matrix", ClassAffine(4, 3), (4, 7), 4, 3)
    labelled(v, "affine_many", ClassAffine(3, 256), (3, 2, 2), 30, 256)
    labelled(v, "projection", Projection(11, 4), (11,), 9, 4)
    labelled(v, "projection_image", Projection(12, 3), (3, 2, 2), 5, 3)
    labelled(v, "projection_one", Projection(1, 1), (1,), 3, 1)
    labelled(v, "projection_many", Projection(5, 256), (5,), 30, 256)
    labelled(v, "norm", nn.Sequential(*conditional_norm(nn.BatchNorm1d, 7, 3)), (7,), 9, 3)
    labelled(v, "norm_image", nn.Sequential(*conditional_norm(nn.BatchNorm2d, 3, 4)), (3, 4, 3), 6, 4)
    labelled(v, "generator", nn.Sequential(
        LabelEmbedding(4, 3), nn.ConvTranspose2d(8, 6, 3, bias=False), *conditional_norm(nn.BatchNorm2d, 6, 4),
        nn.ReLU(), nn.ConvTranspose2d(6, 2, 4, stride=2, padding=1), nn.Tanh()), (5, 1, 1), 6, 4)
    labelled(v, "discriminator", nn.Sequential(
        LabelMap(4, 1, 6, 6), OneHot(4), nn.Conv2d(7, 5, 4, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Flatten(),
        Projection(45, 4)), (2, 6, 6), 6, 4)
    labelled(v, "blocks", nn.Sequential(Residual(
        nn.Sequential(*conditional_norm(nn.BatchNorm2d, 3, 4), nn.ReLU(), nn.Conv2d(3, 5, 3, padding=1)),
        nn.Sequential(LabelMap(4, 2, 4, 4), nn.Conv2d(5, 5, 1))), nn.Tanh(),
        Residual(nn.Sequential(OneHot(4), nn.Conv2d(9, 5, 3, padding=1)))), (3, 4, 4), 6, 4)
