"""What PyTorch's workloads share: parameters in one buffer, and batches.

Parameters, gradients and optimiser state are one buffer each, so that the optimiser is a handful of operations. Images are
made float32 before the clock starts.
"""
import torch
import torch.nn.functional as F

from serve import read_images


class Flat:
    """All parameters in one buffer, their gradients in another; `views` and `grads` have the parameters' shapes."""

    def __init__(self, tensors):
        tensors = [torch.from_numpy(tensor) for tensor in tensors]
        self.values = torch.cat([tensor.reshape(-1) for tensor in tensors])
        self.gradient = torch.zeros_like(self.values)
        sizes = [tensor.numel() for tensor in tensors]
        split = lambda flat: [part.view(tensor.shape) for part, tensor in zip(flat.split(sizes), tensors)]
        self.views, self.grads = split(self.values), split(self.gradient)


class Batches:
    def __init__(self, request, padding):
        images, labels = read_images(request)
        self.images = F.pad(torch.from_numpy(images).float() / 255 - 0.5, (padding,) * 4)[:, None]
        self.targets = F.one_hot(torch.from_numpy(labels).long(), 10).float()
        self.size, self.at = request["batchSize"], 0

    def next(self):
        at = self.at
        self.at = at + self.size
        if self.at + self.size > len(self.targets):
            self.at = 0
        return self.images[at : at + self.size], self.targets[at : at + self.size]
