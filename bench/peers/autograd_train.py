"""PyTorch as one would write it, training, with autograd: all else is tuned as in `torch_train.py`."""
import math

import torch
import torch.nn.functional as F

from serve import read_weights, serve
from torch_parts import Batches, Flat


class Autograd:
    def __init__(self, request):
        *filters, dense, bias = read_weights(request["weights"]).values()
        self.is_usual = request["workload"] == "W3"
        if self.is_usual:
            # A kernel [i, j, c, f] becomes [f, c, i, j]; a flattened image is [y, x, c], as channels_last has it.
            conv1, bias1, conv2, bias2, dense1, bias3 = filters
            tensors = [conv1.transpose(3, 2, 0, 1), bias1, conv2.transpose(3, 2, 0, 1), bias2]
            tensors += [dense1.reshape(-1, 128).T, bias3, dense.T, bias]
        else:
            tensors = [*(kernel.reshape(8, 1, 3, 3) for kernel in filters), dense.transpose(3, 2, 0, 1).reshape(10, -1), bias]
        self.flat = Flat([tensor.copy() for tensor in tensors])
        self.parameters = [view.detach().requires_grad_() for view in self.flat.views]
        for parameter, gradient in zip(self.parameters, self.flat.grads):
            parameter.grad = gradient
        self.mean, self.square, self.scratch = (torch.zeros_like(self.flat.values) for _ in range(3))
        self.steps = 0
        self.batches = Batches(request, padding=0)
        self.at_once = 1 if self.is_usual else 50
        self.batches.targets = self.batches.targets.argmax(1)
        if self.is_usual:
            images = self.batches.images
            self.batches.images = images.as_strided(images.shape, (784, 1, 28, 1))

    def usual(self, images):
        k1, b1, k2, b2, d1, b3, d2, b4 = self.parameters
        # Relu after its pool: the same numbers, a quarter of the work.
        one = F.max_pool2d(F.conv2d(images, k1.contiguous(memory_format=torch.channels_last), b1, padding=1), 2).relu()
        two = F.max_pool2d(F.conv2d(one, k2.contiguous(memory_format=torch.channels_last), b2, padding=1), 2).relu()
        return F.linear(F.linear(two.permute(0, 2, 3, 1).flatten(1), d1, b3).relu(), d2, b4)

    def notebook(self, images):
        *kernels, dense, bias = self.parameters
        for kernel in kernels:
            # One kernel for all channels: it sees their sum.
            images = F.max_pool2d(F.conv2d(images.sum(1, True), kernel, padding=1), 2)
        return F.linear(images.flatten(1), dense, bias)

    def step(self):
        images, labels = self.batches.next()
        self.flat.gradient.zero_()
        self.loss = F.cross_entropy((self.usual if self.is_usual else self.notebook)(images), labels)
        self.loss.backward()
        with torch.no_grad():
            self.adam() if self.is_usual else self.adagrad()

    def adagrad(self):
        self.square.addcmul_(self.flat.gradient, self.flat.gradient)
        torch.add(self.square, 1e-3, out=self.scratch)
        self.flat.values.addcmul_(self.flat.gradient, self.scratch.rsqrt_(), value=-0.005)

    def adam(self, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.steps += 1
        self.mean.lerp_(self.flat.gradient, 1 - beta1)
        self.square.mul_(beta2).addcmul_(self.flat.gradient, self.flat.gradient, value=1 - beta2)
        root = math.sqrt(1 - beta2**self.steps)
        torch.sqrt(self.square, out=self.scratch).add_(epsilon * root)
        self.flat.values.addcdiv_(self.mean, self.scratch, value=-rate * root / (1 - beta1**self.steps))

    def answer(self):
        return [float(self.loss)]


def open_peer(request):
    torch.set_num_threads(request["threads"])
    torch.set_flush_denormal(True)
    return Autograd(request)


serve(open_peer)
