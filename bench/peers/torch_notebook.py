"""W1 and W2 in PyTorch: without autograd, into buffers wherever an operation can write into one, compiled by TorchScript."""
from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from serve import read_weights
from torch_parts import Batches, Flat


@torch.jit.script
def forward(padded: Tensor, conv: List[Tensor]) -> Tuple[Tensor, Tensor]:
    """sharedConv and pool of one plane with a frame of zeros: [1, 8, size / 2, size / 2], and where the maxima were."""
    kernel, gradient, windows, columns, output, image, output_gradient = conv
    size = windows.size(2)
    windows.copy_(padded.as_strided([3, 3, size, size], [size + 2, 1, size + 2, 1]))
    torch.mm(kernel, columns, out=output)
    pooled, places = torch.ops.aten.max_pool2d_with_indices(image, [2, 2], [2, 2])
    return pooled, places.view(8, -1)


@torch.jit.script
def backward(upper: Tensor, places: Tensor, conv: List[Tensor]):
    kernel, gradient, windows, columns, output, image, output_gradient = conv
    output_gradient.zero_().scatter_(1, places, upper)
    torch.mm(output_gradient, columns.t(), out=gradient)


@torch.jit.script
def classify(flat: Tensor, target: Tensor, head: List[Tensor]) -> Tuple[Tensor, Tensor]:
    """Logarithms of the probabilities, and the gradient of what lies below."""
    dense, bias, dense_gradient, bias_gradient = head
    log_likely = torch.log_softmax(torch.addmv(bias, dense, flat), 0)
    torch.sub(torch.exp(log_likely), target, out=bias_gradient)
    torch.mul(bias_gradient.unsqueeze(1), flat, out=dense_gradient)
    return log_likely, torch.mv(dense.t(), bias_gradient).view(8, -1)


@torch.jit.script
def adagrad(state: List[Tensor]):
    """Epsilon inside the root."""
    values, gradient, squares, scratch = state
    squares.addcmul_(gradient, gradient)
    torch.add(squares, 1e-3, out=scratch)
    values.addcmul_(gradient, scratch.rsqrt_(), value=-0.005)


@torch.jit.script
def step1(image: Tensor, target: Tensor, conv: List[Tensor], head: List[Tensor], state: List[Tensor]) -> Tensor:
    pooled, places = forward(image, conv)
    log_likely, upper = classify(pooled.view(-1), target, head)
    backward(upper, places, conv)
    adagrad(state)
    return log_likely


@torch.jit.script
def step2(
    image: Tensor,
    target: Tensor,
    convs: List[List[Tensor]],
    plane: Tensor,
    head: List[Tensor],
    state: List[Tensor],
) -> Tensor:
    below, above = convs
    pooled1, places1 = forward(image, below)
    torch.sum(pooled1[0], 0, out=plane[1:15, 1:15])
    pooled2, places2 = forward(plane, above)
    log_likely, upper = classify(pooled2.view(-1), target, head)
    backward(upper, places2, above)
    to_plane = F.fold(torch.mm(above[0].t(), above[6]).unsqueeze(0), [14, 14], [3, 3], padding=[1, 1])
    backward(to_plane.view(1, 196).expand(8, 196), places1, below)
    adagrad(state)
    return log_likely


def buffers(kernel, gradient, size):
    columns, output = torch.empty(9, size * size), torch.empty(8, size * size)
    windows, image = columns.view(3, 3, size, size), output.view(1, 8, size, size)
    return [kernel.view(8, 9), gradient.view(8, 9), windows, columns, output, image, torch.zeros(8, size * size)]


class Notebook:
    at_once = 50

    def __init__(self, request):
        *kernels, dense, bias = read_weights(request["weights"]).values()
        # Pools give [f, y, x].
        flat = Flat([*kernels, dense.transpose(3, 2, 0, 1).reshape(10, -1), bias])
        convs = [buffers(*each) for each in zip(flat.views, flat.grads, [28, 14][: len(kernels)])]
        head = [*flat.views[-2:], *flat.grads[-2:]]
        state = [flat.values, flat.gradient, torch.zeros_like(flat.values), torch.empty_like(flat.values)]
        plane = torch.zeros(16, 16)
        two = lambda image, target: step2(image, target, convs, plane, head, state)
        one = lambda image, target: step1(image, target, convs[0], head, state)
        self.run = two if len(kernels) > 1 else one
        self.batches = Batches(request, padding=1)

    def step(self):
        image, target = self.batches.next()
        self.target = target[0]
        self.log_likely = self.run(image[0, 0], self.target)

    def answer(self):
        return [-float(self.log_likely @ self.target)]
