/** @file Twenty networks at random with the hashes of their weights; `draw-networks.ts` drew them. */

/** A network, how it is trained, and the SHA-256 of its weights after the steps of `randomCase`. */
export interface RandomNetwork {
  readonly notation: string;
  readonly input: readonly number[];
  readonly classes: number;
  readonly optimizer: string;
  readonly batchSize: number;
  /** The examples of a smaller batch. */
  readonly ragged: number;
  readonly sha256: string;
}

export const randomNetworks: readonly RandomNetwork[] = [
  {
    notation: 'dense(units=1) + relu + relu',
    input: [8, 7, 1],
    classes: 4,
    optimizer: 'adagrad',
    batchSize: 25,
    ragged: 25,
    sha256: 'ce6f68de61e706145e84eba3d27669d9f98a00962c4f8612643a8e061582a76e',
  },
  {
    notation: 'relu + dense(units=1, initialization=small) + dense(units=5)',
    input: [7, 9, 2],
    classes: 4,
    optimizer: 'adam',
    batchSize: 31,
    ragged: 11,
    sha256: '6a894efc04179f0c3807badafd4a4751ef7acf50bb5c91349aab2aa023728bfe',
  },
  {
    notation:
      'dense(units=2, initialization=small) + dense(units=3, initialization=small) + dense(units=3) + dense(units=4, initialization=small)',
    input: [8, 5, 2],
    classes: 8,
    optimizer: 'sgd(momentum=0.9)',
    batchSize: 67,
    ragged: 16,
    sha256: '551e050d86674808e631992e86a6b8c8746aa78980dbce1a8058e64241fc3d42',
  },
  {
    notation:
      'pool(poolSize=4, stride=1) + relu + sharedConv(filters=2, kernelSize=2) + pool(poolSize=5, stride=3) + relu',
    input: [9, 9, 2],
    classes: 10,
    optimizer: 'adagrad',
    batchSize: 44,
    ragged: 38,
    sha256: '0be1ba525b0ff0f1ba80db338f49ab440fb0dff68d1c2ffb470ee58572d28f6a',
  },
  {
    notation:
      'relu + pool(poolSize=1, stride=1) + sharedConv(filters=1, kernelSize=1) + sharedConv(filters=5) + dense(units=4)',
    input: [8, 7, 3],
    classes: 8,
    optimizer: 'adam',
    batchSize: 22,
    ragged: 18,
    sha256: 'cb0a9a36a6fbcc8956875deac7637520ffb87887346cef14888d7ffaf9d59e72',
  },
  {
    notation: 'relu + averagePool(poolSize=1) + pool(stride=2)',
    input: [9, 6, 3],
    classes: 3,
    optimizer: 'sgd(momentum=0.9)',
    batchSize: 49,
    ragged: 39,
    sha256: '2738fe338bd11159ac669f48abcc4b623fac6b240c295c5fbe194e548e2955f0',
  },
  {
    notation: 'relu + relu + averagePool(stride=2) + conv(filters=5, kernelSize=4, stride=2)',
    input: [8, 9, 3],
    classes: 4,
    optimizer: 'adagrad',
    batchSize: 59,
    ragged: 41,
    sha256: 'f942808d488ff03dfaf20235685041b6c2ac3462090a24670ddafb768ddfb659',
  },
  {
    notation:
      'sharedConv(filters=5, kernelSize=2) + tanh + tanh + sharedConv(filters=3, kernelSize=4) + conv(filters=3, stride=4)',
    input: [4, 6, 3],
    classes: 9,
    optimizer: 'adam',
    batchSize: 29,
    ragged: 27,
    sha256: 'd3b65dd266d34baf17194d48aacee87d5c170d61ac74cf2d190baf191225839b',
  },
  {
    notation:
      'sharedConv(filters=5, kernelSize=5) + sharedConv(filters=4, kernelSize=2) + relu + pool(poolSize=4, stride=4) + relu',
    input: [9, 4, 2],
    classes: 2,
    optimizer: 'sgd(momentum=0.9)',
    batchSize: 54,
    ragged: 48,
    sha256: 'e61745468b32283f755e77f9c5d0c66d9895728e20b7efc3d407d1d1e7ecb8c7',
  },
  {
    notation: 'sharedConv(filters=4, kernelSize=5) + tanh + dense(units=2, initialization=small) + relu + tanh',
    input: [4, 4, 3],
    classes: 8,
    optimizer: 'adagrad',
    batchSize: 59,
    ragged: 25,
    sha256: 'a1f2e0870c1fc8120c2d9ef8ea9f4942e7367e23668b47e56a4a9d774bbb50b2',
  },
  {
    notation: 'averagePool(poolSize=5, stride=3) + dense(units=4, initialization=small) + tanh',
    input: [9, 6, 2],
    classes: 3,
    optimizer: 'adam',
    batchSize: 51,
    ragged: 45,
    sha256: '4f51878c5c21a4bfe021ae3290c9b4627cea40799cf5f3357e3d2d1e942a4757',
  },
  {
    notation:
      'conv(filters=2, kernelSize=2, stride=4, padding=valid) + averagePool(poolSize=1) + conv(filters=5, kernelSize=1, stride=2) + tanh + sharedConv(filters=2, kernelSize=2)',
    input: [8, 6, 1],
    classes: 10,
    optimizer: 'sgd(momentum=0.9)',
    batchSize: 47,
    ragged: 32,
    sha256: '798498a4b802ae4d967058f04c10dad3b9f76335105520c3b8fa19a82d17edfd',
  },
  {
    notation: 'averagePool(poolSize=1, stride=4) + tanh + tanh',
    input: [8, 8, 1],
    classes: 10,
    optimizer: 'adagrad',
    batchSize: 17,
    ragged: 16,
    sha256: 'bd8ef8e2e8bec4af24a1c1baea0b085190fb8737e8e4eaef0eabfac1447ab9f0',
  },
  {
    notation:
      'averagePool(poolSize=1, stride=5) + relu + pool(poolSize=1, stride=2) + averagePool(poolSize=1, stride=5)',
    input: [8, 4, 2],
    classes: 4,
    optimizer: 'adam',
    batchSize: 27,
    ragged: 16,
    sha256: '68fed1ddfa0fe8c0911ac9054d62cd2f0d930a92de88dfc1e8a05eda7c4180a9',
  },
  {
    notation:
      'conv(filters=3, kernelSize=2, stride=2) + relu + conv(filters=5, kernelSize=4, stride=5, padding=valid) + relu',
    input: [8, 8, 3],
    classes: 6,
    optimizer: 'sgd(momentum=0.9)',
    batchSize: 46,
    ragged: 44,
    sha256: '68b5a7d69dda30c0ef36b6d1fa8fcadabcc2f4d7079bdf883aaa09986256c6b4',
  },
  {
    notation: 'averagePool(stride=5) + tanh + tanh + relu + relu',
    input: [4, 9, 3],
    classes: 7,
    optimizer: 'adagrad',
    batchSize: 56,
    ragged: 17,
    sha256: '50b31e0b74887b376876ab80fc26304ecb8879371eafd193ae08ec2730aa390e',
  },
  {
    notation: 'relu + pool(poolSize=3, stride=4)',
    input: [4, 6, 2],
    classes: 3,
    optimizer: 'adam',
    batchSize: 62,
    ragged: 28,
    sha256: 'd176fdb3b484670ea6602178357088b85c574f85f5561d7636e7635df81aa227',
  },
  {
    notation: 'dense(units=3) + dense(units=4)',
    input: [4, 9, 2],
    classes: 3,
    optimizer: 'sgd(momentum=0.9)',
    batchSize: 34,
    ragged: 31,
    sha256: 'ddd23bbd7a259f5896b15ce94d37152de6f6a7ad6a47797448d0194b16a440f7',
  },
  {
    notation: 'relu + relu + averagePool + pool(stride=1) + tanh',
    input: [4, 4, 3],
    classes: 10,
    optimizer: 'adagrad',
    batchSize: 38,
    ragged: 35,
    sha256: '376a1bc87689ce1659c7aaede5b2b10d130e56dfa1db7f30422035d6c96da4a4',
  },
  {
    notation: 'pool(poolSize=1, stride=3) + sharedConv(filters=2, kernelSize=2) + dense(units=4) + relu',
    input: [6, 9, 1],
    classes: 8,
    optimizer: 'adam',
    batchSize: 32,
    ragged: 15,
    sha256: '1592135a9f7c54cd0034d295bedfccc72deefa6fb89c1da945e61c075bd98eae',
  },
];
