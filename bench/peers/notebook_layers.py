"""The notebook's own classes, by the notebook's author, letter by letter: nothing is made faster, and nothing mended. Only
`CNN.fit`, which trains a whole epoch, is left out; `notebook_train.py` has what it does with an image.
"""
import numpy as np

eps = 1e-3


class Conv:
    __padding = ((1, 1), (1, 1), (0, 0))

    def __init__(self, num_filters=8, filter_size=3, learn_rate=0.005):
        self.num_filters = num_filters
        self.filter_size = filter_size
        self.filters = np.random.randn(num_filters, filter_size, filter_size) / filter_size ** 2
        self.last_image = None
        self.learn_rate = learn_rate
        self.G = np.zeros((num_filters, filter_size, filter_size), dtype=float)
        self.e = np.full((num_filters, filter_size, filter_size), eps)

    def __get_sub_image(self, image):
        h, w, _ = image.shape

        for i in range(h - self.filter_size + 1):
            for j in range(w - self.filter_size + 1):
                sub_image = image[i:(i + self.filter_size), j:(j + self.filter_size)]
                yield np.sum(sub_image, axis=2), i, j

    def forward(self, image):
        new_image = np.pad(image, self.__padding)

        h, w, _ = new_image.shape
        self.last_image = image
        result = np.zeros((h - self.filter_size + 1, w - self.filter_size + 1, self.num_filters))
        for sub_image, i, j in self.__get_sub_image(new_image):
            result[i][j] = np.sum(sub_image * self.filters, axis=(1, 2))
        return result

    def back_prop(self, d_loss_d_output):
        d_loss_d_filters = np.zeros(self.filters.shape)

        for sub_image, i, j in self.__get_sub_image(np.pad(self.last_image, self.__padding)):
            for f in range(self.num_filters):
                d_loss_d_filters[f] += d_loss_d_output[i][j][f] * sub_image

        d_loss_d_input = np.zeros(self.last_image.shape)
        for sub_image, i, j in self.__get_sub_image(np.pad(d_loss_d_output, self.__padding)):
            d_loss_d_input[i][j] = np.sum(sub_image * self.filters, axis=(0, 1, 2))

        self.G += d_loss_d_filters * d_loss_d_filters

        self.filters -= self.learn_rate / np.sqrt(self.G + self.e) * d_loss_d_filters

        return d_loss_d_input


class MaxPool:
    def __init__(self, pool_size=2):
        self.pool_size = pool_size
        self.last_input = None

    def __get_sub_image(self, input):
        h, w, _ = input.shape
        new_h = h // self.pool_size
        new_w = w // self.pool_size

        for i in range(new_h):
            for j in range(new_w):
                sub_image = input[(i * self.pool_size):((i + 1) * self.pool_size),
                            (j * self.pool_size):((j + 1) * self.pool_size)]
                yield sub_image, i, j

    def forward(self, input):
        self.last_input = input

        h, w, d = input.shape
        output = np.zeros((h // self.pool_size, w // self.pool_size, d))

        for sub_image, i, j in self.__get_sub_image(input):
            output[i][j] = np.amax(sub_image, axis=(0, 1))

        return output

    def back_prop(self, d_loss_d_output):
        d_loss_d_input = np.zeros(self.last_input.shape)

        for sub_image, i, j in self.__get_sub_image(self.last_input):
            h, w, f = sub_image.shape
            mx = np.amax(sub_image, axis=(0, 1))

            for i1 in range(h):
                for j1 in range(w):
                    for f1 in range(f):
                        if sub_image[i1][j1][f1] == mx[f1]:
                            d_loss_d_input[i * self.pool_size + i1][j * self.pool_size + j1, f1] = \
                                d_loss_d_output[i][j][f1]

        return d_loss_d_input


class SoftArgMax:
    def __init__(self, input_len, nodes, learn_rate=0.005):
        self.nodes = nodes
        self.weights = np.random.randn(input_len, nodes) / input_len
        self.bs = np.zeros(nodes)
        self.last_input_shape = None
        self.last_input = None
        self.last_totals = None
        self.learn_rate = learn_rate

        self.G_weights = np.zeros((input_len, nodes), dtype=float)
        self.e_weights = np.full((input_len, nodes), eps)
        self.G_b = np.zeros(nodes, dtype=float)
        self.e_b = np.full(nodes, eps)

    def forward(self, input):
        self.last_input_shape = input.shape

        input = input.flatten()
        self.last_input = input

        totals = np.dot(input, self.weights) + self.bs
        self.last_totals = totals
        exps = np.exp(totals)
        return exps / np.sum(exps, axis=0)

    def back_prop(self, d_loss_d_output):
        for i, gradient in enumerate(d_loss_d_output):
            if np.isclose(gradient, 0):
                continue

            t_exp = np.exp(self.last_totals)
            S = np.sum(t_exp)

            d_output_d_t = -t_exp[i] * t_exp / (S ** 2)
            d_output_d_t[i] = t_exp[i] * (S - t_exp[i]) / (S ** 2)

            d_t_d_w = self.last_input
            d_t_d_b = 1
            d_t_d_input = self.weights

            d_loss_d_t = gradient * d_output_d_t

            d_loss_d_w = d_t_d_w[np.newaxis].T @ d_loss_d_t[np.newaxis]
            d_loss_d_b = d_loss_d_t * d_t_d_b
            d_loss_d_input = d_t_d_input @ d_loss_d_t

            self.G_weights += d_loss_d_w * d_loss_d_w
            self.G_b += d_loss_d_b * d_loss_d_b

            self.weights -= self.learn_rate / np.sqrt(self.G_weights + self.e_weights) * d_loss_d_w
            self.bs -= self.learn_rate / np.sqrt(self.G_b + self.e_b) * d_loss_d_b

            return d_loss_d_input.reshape(self.last_input_shape)


class CNN:
    def __init__(self, layers, soft_arg_max_input_len):
        self.layers = layers
        self.soft_arg_max = SoftArgMax(soft_arg_max_input_len, 10)

    def forward(self, image, label):
        normalized_image = np.array(image).reshape((28, 28, 1)) / 255 - 0.5

        output = self.layers[0].forward(normalized_image)
        for i in range(1, len(self.layers)):
            output = self.layers[i].forward(output)

        output = self.soft_arg_max.forward(output)

        loss = -np.log(output[label])
        output_label = np.argmax(output)

        return output, loss, output_label

    def back_prop(self, gradient):
        gradient = self.soft_arg_max.back_prop(gradient)

        for j in range(len(self.layers) - 1, -1, -1):
            gradient = self.layers[j].back_prop(gradient)
