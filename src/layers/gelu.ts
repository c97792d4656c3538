/**
 * @file Gaussian error linear unit, element by element: x Φ(x), where Φ is the cumulative distribution function (cdf) of
 * the standard normal distribution, exact by erf.
 * Source: D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units (GELUs)" (2016), section 2.
 */
import { defineLayer } from './layer.ts';

export const gelu = defineLayer({
  kind: 'gelu',
  takes: 'any',
  gives: 'same',
  options: {},
  rule: (_, input) => {
    const axes = input.length === 3 ? 'y,x,c' : input.map((_, axis) => `i${axis}`).join(',');
    return {
      output: input,
      constants: { rootHalf: Math.SQRT1_2 },
      forward: [
        `cdf[${axes}] = 0.5 + 0.5 * erf(rootHalf * input[${axes}])`,
        `output[${axes}] = input[${axes}] * cdf[${axes}]`,
      ],
    };
  },
});
