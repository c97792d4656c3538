"""W1 and W2 in PyTorch, without autograd, into buffers wherever an operation can write into one."""
import torch
import torch.nn.functional as F

from serve import read_weights
from torch_parts import Batches, Flat

aten = torch.ops.aten


class SharedConv:
    """sharedConv + pool on one plane."""

    def __init__(self, kernel, gradient, size):
        self.kernel, self.gradient, self.size = kernel.view(8, 9), gradient.view(8, 9), size
        self.columns = torch.empty(9, size, size)
        self.flat_columns = self.columns.view(9, size * size)
        self.transposed = self.flat_columns.t()
        self.output = torch.empty(8, size * size)
        self.image = self.output.view(1, 8, size, size)
        self.output_gradient = torch.zeros(8, size * size)
        self.strides = (size + 2, 1, size + 2, 1)
        self.windows = self.columns.view(3, 3, size, size)

    def forward(self, padded):
        self.windows.copy_(padded.as_strided((3, 3, self.size, self.size), self.strides, padded.storage_offset()))
        torch.mm(self.kernel, self.flat_columns, out=self.output)
        pooled, places = aten.max_pool2d_with_indices(self.image, [2, 2], [2, 2])
        self.places = places.view(8, -1)
        return pooled

    def backward(self, gradient):
        """@param gradient of the pool's output, [8, size / 2 * size / 2]"""
        self.output_gradient.zero_().scatter_(1, self.places, gradient)
        torch.mm(self.output_gradient, self.transposed, out=self.gradient)


class Notebook:
    """W1 and W2: sharedConv + pool, once or twice, batch 1, Adagrad."""

    at_once = 50

    def __init__(self, request):
        weights = list(read_weights(request["weights"]).values())
        *kernels, dense, bias = weights
        # Pools give [f, y, x].
        parameters = Flat([*kernels, dense.transpose(3, 2, 0, 1).reshape(10, -1), bias])
        self.parameters = parameters
        self.squares = torch.zeros_like(parameters.values)
        self.scratch = torch.empty_like(parameters.values)
        sizes = [28, 14][: len(kernels)]
        self.convs = [SharedConv(*each) for each in zip(parameters.views, parameters.grads, sizes)]
        self.dense, self.bias = parameters.views[-2:]
        self.dense_gradient, self.bias_gradient = parameters.grads[-2:]
        self.dense_transposed = self.dense.t()
        self.padded = torch.zeros(16, 16)
        self.inner = self.padded[1:15, 1:15].unsqueeze(0).unsqueeze(0)
        self.columns_gradient = torch.empty(1, 9, 196)
        self.batches = Batches(request, padding=1)

    def step(self):
        image, label = self.batches.next()
        pooled = self.convs[0].forward(image)
        if len(self.convs) > 1:
            torch.sum(pooled, 1, keepdim=True, out=self.inner)
            pooled = self.convs[1].forward(self.padded)
        flat = pooled.view(-1)
        gradient = self.bias_gradient
        logits = torch.addmv(self.bias, self.dense, flat)
        self.log_likely = torch.log_softmax(logits, 0)
        self.label = label
        torch.exp(self.log_likely, out=gradient)
        gradient[label] -= 1
        torch.mul(gradient.unsqueeze(1), flat, out=self.dense_gradient)
        upper = torch.mv(self.dense_transposed, gradient).view(8, -1)
        self.convs[-1].backward(upper)
        if len(self.convs) > 1:
            top = self.convs[1]
            torch.mm(top.kernel.t(), top.output_gradient, out=self.columns_gradient[0])
            plane = F.fold(self.columns_gradient, (14, 14), (3, 3), padding=1)
            self.convs[0].backward(plane.view(1, 196).expand(8, 196))
        # Adagrad, epsilon inside the root.
        gradient, scratch = self.parameters.gradient, self.scratch
        self.squares.addcmul_(gradient, gradient)
        torch.add(self.squares, 1e-3, out=scratch)
        scratch.rsqrt_()
        self.parameters.values.addcmul_(gradient, scratch, value=-0.005)

    def answer(self):
        return [-float(self.log_likely[self.label])]
