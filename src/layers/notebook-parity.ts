/**
 * @file The notebook's own gradients, where they are not those of its layers. They repeat its published trajectories,
 * and are the known-bad twins that the gradient check has to catch. Never train with them otherwise.
 *
 * sharedConv, input gradient. True: sum(f,i,j) g[y-i+p, x-j+p, f] * kernel[f,i,j]. The notebook does not flip the kernel
 * (`y+i-p`) and sums the gradient and the kernels over the filters separately, a product of sums instead of a sum of
 * products. At the start of training the result stands at 90 degrees to the gradient.
 *
 * maxPool. The notebook gives a window's whole gradient to each of its equal maxima, instead of once. On images with a
 * constant background two thirds of the windows of a first pool have equal maxima. It knows only windows side by side.
 *
 * Which maxima are equal the notebook decides in float64, and there a rounding is a whole gradient: float32 makes values
 * equal that are not, or has them change places. So what a pool compares, and all sums it comes from, are double.
 */
import { UsageError } from '../errors.ts';
import type { LayerRule } from './layer.ts';

const overrides: Readonly<Record<string, (rule: LayerRule) => Pick<LayerRule, 'backward' | 'double'>>> = {
  sharedConv: () => ({
    backward: [
      'outputGradSum[y,x] = sum(f) outputGrad[y,x,f]',
      'kernelSum[i,j] = sum(f) kernel[f,i,j]',
      'inputGrad[y,x,c] = sum(i,j) outputGradSum[y+i-p, x+j-p] * kernelSum[i,j]',
    ],
    double: ['plane', 'output'],
  }),
  maxPool: ({ axes, constants }) => {
    const { i: poolSize } = axes as { i: number };
    const { s: stride } = constants as { s: number };
    if (stride < poolSize) {
      throw new UsageError(
        `The notebook's maxPool needs windows side by side, a stride of at least ${poolSize}, but its stride is ${stride}.\n` +
          'Leave the stride out, or use the true gradients.',
      );
    }
    return {
      backward: ['inputGrad[s*y+i, s*x+j, c] = outputGrad[y,x,c] * (input[s*y+i, s*x+j, c] == output[y,x,c])'],
      double: ['output'],
    };
  },
};

/**
 * The rule with the notebook's gradients, and in float64 what these compare; a kind that the notebook got right, or does
 * not have, comes back unchanged.
 * @throws UsageError for pools whose windows overlap
 */
export function asWritten(kind: string, rule: LayerRule): LayerRule {
  return Object.hasOwn(overrides, kind) ? { ...rule, ...overrides[kind]!(rule) } : rule;
}
