"""The golden trajectory of close-values.json (FORMAT.md): 20 steps of conv+conv+conv+pool with the notebook's gradients.

    python3 test/golden/close-values.py MNIST-DIR    writes close-values.json beside this script

In some windows of its pool the two greatest values differ by less than float32 resolves, and which is the greater decides
where a whole gradient goes. Written with NumPy after FORMAT.md, sections 2 to 5, without code of the project's.
"""

import json
import math
import pathlib
import sys

import numpy as np

INIT = dict(multiplier=48271, modulus=2147483647, seed_base=51730, seed_stride=3, uniforms_per_value=1)
SEED = INIT["seed_base"] + 4 * INIT["seed_stride"]
DATA = dict(images="train-images-idx3-ubyte", labels="train-labels-idx1-ubyte", first=6318, count=20)
LEARN_RATE, EPS = 0.005, 0.001
CONVS, FILTERS, SIZE, CLASSES = 3, 8, 28, 10
INPUTS = (SIZE // 2) ** 2 * FILTERS


def summary(tensor):
    values = [float(value) for value in np.ravel(tensor)]
    return [math.fsum(values), math.fsum(value * value for value in values)] + values[:5]


def framed(plane):
    return np.pad(plane, [(1, 1), (1, 1)] + [(0, 0)] * (plane.ndim - 2))


def windows(plane):
    """(u, v, what a 3 x 3 kernel's entry u, v meets) for a plane with its frame."""
    height, width = plane.shape[0] - 2, plane.shape[1] - 2
    return [(u, v, plane[u : u + height, v : v + width]) for u in range(3) for v in range(3)]


def conv(image, kernels):
    plane = framed(image.sum(2))
    output = np.zeros((SIZE, SIZE, FILTERS))
    for u, v, part in windows(plane):
        output += part[:, :, None] * kernels[:, u, v]
    return output, plane


def conv_gradients(gradient, plane, kernels, channels):
    """Of the kernels, and the notebook's of the input: kernels not flipped, a product of sums over the filters."""
    of_kernels = np.zeros_like(kernels)
    for u, v, part in windows(plane):
        of_kernels[:, u, v] = (gradient * part[:, :, None]).sum((0, 1))
    of_input = np.zeros((SIZE, SIZE))
    for u, v, part in windows(framed(gradient)):
        of_input += part.sum(2) * kernels[:, u, v].sum()
    return of_kernels, np.repeat(of_input[:, :, None], channels, 2)


def in_windows(image):
    half = SIZE // 2
    return image.reshape(half, 2, half, 2, FILTERS).transpose(0, 2, 1, 3, 4)


def pool_gradient(gradient, image, output):
    """Every position that equals its window's maximum has the whole gradient."""
    equal = in_windows(image) == output[:, :, None, None, :]
    return (equal * gradient[:, :, None, None, :]).transpose(0, 2, 1, 3, 4).reshape(image.shape)


def step(x, label, parameters):
    kernels, weights, bias = parameters[:CONVS], parameters[-2], parameters[-1]
    outputs, planes = [], []
    for kernel in kernels:
        x, plane = conv(x, kernel)
        outputs.append(x)
        planes.append(plane)
    outputs.append(in_windows(x).max((2, 3)))
    features = outputs[-1].ravel()
    totals = bias + features @ weights
    e = np.exp(totals - totals.max())
    probabilities = e / e.sum()
    loss = math.log(e.sum()) - (totals[label] - totals.max())

    d = probabilities.copy()
    d[label] -= 1
    of_pool = (weights @ d).reshape(outputs[-1].shape)
    inputs = [of_pool, pool_gradient(of_pool, outputs[-2], outputs[-1])]
    of_kernels = []
    for place in reversed(range(CONVS)):
        of_kernel, of_input = conv_gradients(inputs[-1], planes[place], kernels[place], FILTERS if place else 1)
        of_kernels.insert(0, of_kernel)
        inputs.append(of_input)
    gradients = [*of_kernels, np.outer(features, d), d]
    first = dict(
        layer_outputs=[dict(shape=list(output.shape), summary=summary(output)) for output in outputs],
        totals=totals.tolist(),
        input_gradients=[dict(shape=list(part.shape), summary=summary(part)) for part in reversed(inputs)],
    )
    return float(loss), probabilities.tolist(), gradients, first


def initial():
    state = SEED

    def draw():
        nonlocal state
        state = INIT["multiplier"] * state % INIT["modulus"]
        return math.sqrt(3) * (2 * (state / INIT["modulus"]) - 1)

    def drawn(shape, divisor):
        return np.array([draw() / divisor for _ in range(math.prod(shape))]).reshape(shape)

    return [drawn((FILTERS, 3, 3), 9) for _ in range(CONVS)] + [drawn((INPUTS, CLASSES), INPUTS), np.zeros(CLASSES)]


def architecture(images, labels):
    parameters = initial()
    names = [f"conv{place + 1}.filters" for place in range(CONVS)] + ["dense.weights", "dense.bias"]
    squares = [np.zeros_like(parameter) for parameter in parameters]
    result = dict(
        name="conv+conv+conv+pool",
        layers=["conv"] * CONVS + ["pool"],
        input_len=INPUTS,
        seed=SEED,
        tensors=[dict(tensor=name, shape=list(tensor.shape)) for name, tensor in zip(names, parameters)],
        initial=[summary(parameter) for parameter in parameters],
        steps=[],
    )
    for image in range(DATA["first"], DATA["first"] + DATA["count"]):
        label = int(labels[image])
        loss, probabilities, gradients, first = step((images[image] / 255 - 0.5)[:, :, None], label, parameters)
        result.setdefault("first_step", first)
        for place, gradient in enumerate(gradients):
            squares[place] += gradient**2
            parameters[place] = parameters[place] - LEARN_RATE / np.sqrt(squares[place] + EPS) * gradient
        result["steps"].append(
            dict(
                image=image,
                label=label,
                loss=loss,
                probs=probabilities,
                params=[summary(parameter) for parameter in parameters],
                adagrad=[math.fsum(square.ravel().tolist()) for square in squares],
            )
        )
    result["final"] = [[float(f"{value:.13g}") for value in parameter.ravel()] for parameter in parameters]
    return result


def main(folder):
    images, labels = (np.frombuffer((pathlib.Path(folder) / DATA[key]).read_bytes(), np.uint8) for key in ("images", "labels"))
    document = dict(
        format="mnist-cnn-golden-1",
        set="close values",
        mode="notebook",
        init=INIT,
        data=DATA,
        learn_rate=LEARN_RATE,
        eps=EPS,
        architectures=[architecture(images[16:].reshape(-1, SIZE, SIZE), labels[8:])],
    )
    text = json.dumps(document, separators=(",", ":"))
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


main(sys.argv[1])
