"""W3 in PyTorch, in channels_last, without autograd."""
import math

import torch

from serve import read_weights
from torch_parts import Batches, Flat

aten = torch.ops.aten


class Usual:
    """W3: conv + relu + pool twice, dense + relu, dense; Adam. Relu after its pool: the same numbers, a quarter of the work."""

    at_once = 1

    def __init__(self, request):
        conv1, bias1, conv2, bias2, dense1, bias3, dense2, bias4 = read_weights(request["weights"]).values()
        # A kernel [f, i, j, c] in memory is [f, c, i, j] in channels_last.
        kernels = [kernel.transpose(3, 0, 1, 2) for kernel in (conv1, conv2)]
        dense = [dense1.reshape(-1, 128).T, bias3, dense2.T, bias4]
        flat = Flat([kernels[0], bias1, kernels[1], bias2, *dense])
        self.values, self.gradient, self.gradients = flat.values, flat.gradient, flat.grads
        self.parameters = list(flat.views)
        for place in (0, 2):
            self.parameters[place] = flat.views[place].permute(0, 3, 1, 2)
            self.gradients[place] = flat.grads[place].permute(0, 3, 1, 2)
        self.mean, self.square = torch.zeros_like(self.values), torch.zeros_like(self.values)
        self.scratch = torch.empty_like(self.values)
        self.steps = 0
        self.batches = Batches(request, padding=0)
        # Of two layouts that are one for a single channel, PyTorch takes the slow one unless the strides say channels_last.
        images = self.batches.images
        self.batches.images = images.as_strided(images.shape, (784, 1, 28, 1))

    def step(self):
        k1, b1, k2, b2, d1, b3, d2, b4 = self.parameters
        images, self.targets = self.batches.next()
        count = len(images)
        c1 = torch.conv2d(images, k1, b1, padding=1)
        p1, places1 = aten.max_pool2d_with_indices(c1, [2, 2], [2, 2])
        p1.relu_()
        c2 = torch.conv2d(p1, k2, b2, padding=1)
        p2, places2 = aten.max_pool2d_with_indices(c2, [2, 2], [2, 2])
        flat = p2.relu_().permute(0, 2, 3, 1).view(count, -1)
        hidden = torch.addmm(b3, flat, d1.t()).relu_()
        self.log_likely = torch.log_softmax(torch.addmm(b4, hidden, d2.t()), 1)

        to_c1, to_b1, to_c2, to_b2, to_d1, to_b3, to_d2, to_b4 = self.gradients
        upper = self.log_likely.exp().sub_(self.targets).div_(count)
        torch.mm(upper.t(), hidden, out=to_d2)
        torch.sum(upper, 0, out=to_b4)
        upper = aten.threshold_backward(upper @ d2, hidden, 0)
        torch.mm(upper.t(), flat, out=to_d1)
        torch.sum(upper, 0, out=to_b3)
        upper = aten.threshold_backward((upper @ d1).view(count, 7, 7, 64).permute(0, 3, 1, 2), p2, 0)
        upper = self.convolve_back(upper, p2, c2, places2, p1, k2, to_c2, to_b2, True)
        upper = aten.threshold_backward(upper, p1, 0)
        self.convolve_back(upper, p1, c1, places1, images, k1, to_c1, to_b1, False)
        self.adam()

    def convolve_back(self, upper, pooled, convolved, places, below, kernel, to_kernel, to_bias, goes_on):
        upper = aten.max_pool2d_with_indices_backward(upper, convolved, [2, 2], [2, 2], [0, 0], [1, 1], False, places)
        wanted = [goes_on, True, True]
        shape = [kernel.shape[0]]
        lower, kernel_gradient, bias_gradient = aten.convolution_backward(
            upper, below, kernel, shape, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, wanted
        )
        to_kernel.copy_(kernel_gradient)
        to_bias.copy_(bias_gradient)
        return lower

    def adam(self, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.steps += 1
        gradient, scratch = self.gradient, self.scratch
        self.mean.lerp_(gradient, 1 - beta1)
        self.square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        root = math.sqrt(1 - beta2**self.steps)
        torch.sqrt(self.square, out=scratch)
        scratch.add_(epsilon * root)
        self.values.addcdiv_(self.mean, scratch, value=-rate * root / (1 - beta1**self.steps))

    def answer(self):
        return [-float((self.log_likely * self.targets).sum(1).mean())]
