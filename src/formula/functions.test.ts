import { describe, expect, test } from 'vitest';
import { checkRuleGradients, gradientErrorLimit } from '../training/gradient-check.ts';
import { type FunctionForm, functionOf, functions } from './functions.ts';

const forms: readonly (readonly [string, FunctionForm])[] = Object.entries(functions);
const smooth = forms.filter(([, { derivatives }]) => derivatives);

describe('the functions of formulas', () => {
  test('have a derivative by each operand, or choose one', () => {
    for (const [name, { operands, derivatives }] of smooth) expect(derivatives!.length, name).toBe(operands);
    expect(forms.filter((form) => !smooth.includes(form)).map(([name]) => name)).toEqual(['max', 'min']);
  });

  test.each(smooth)('%s has the derivatives that differences show', (name, { operands }) => {
    // As a whole formula and inside another, with operands that no logarithm refuses.
    for (const frame of ['CALL', '2 * CALL / (1 + input[k] * input[k])']) {
      const call = `${name}(${['0.5 + input[k] * input[k]', 'exponent[k]'].slice(0, operands).join(', ')})`;
      const rule = {
        output: [9],
        parameters: operands === 2 ? { exponent: [9] } : {},
        forward: [`output[k] = ${frame.replace('CALL', call)}`],
      };
      for (let seed = 0; seed < 5; seed++) {
        const errors = checkRuleGradients(rule, [[9]], { seed });
        expect(errors.map(({ tensor }) => tensor)).toEqual(operands === 2 ? ['input', 'exponent'] : ['input']);
        for (const { tensor, error } of errors) expect(error, tensor).toBeLessThanOrEqual(gradientErrorLimit);
      }
    }
  });

  test('are known by their own names alone', () => {
    expect(functionOf('pow')).toBe(functions.pow);
    expect([functionOf('add'), functionOf('toString')]).toEqual([undefined, undefined]);
  });
});
