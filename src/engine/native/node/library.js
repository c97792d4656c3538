// @ts-check
/** @file A compiled library's functions as the parts of a program. Plain JavaScript, since workers load it as well. */
import koffi from 'koffi';
import { finishRule } from '../../threads/share.js';

/**
 * @typedef {object} Code What a thread needs.
 * @property {string} path the library's
 * @property {import('../print-c.ts').Stages} stages
 */

/**
 * @param {Code} code
 * @param {WebAssembly.Memory} memory
 * @param {import('../../threads/share.js').Losses} [losses]
 * @returns {import('../../threads/share.js').Parts}
 */
export function openLibrary({ path, stages }, memory, losses) {
  const library = koffi.load(path);
  const bytes = new Uint8Array(memory.buffer);
  // A number, as addresses of memory that processes have are; koffi would look up an array at every call.
  const address = Number(koffi.address(bytes));
  /** @param {string} name @param {number} count of integers that follow the address */
  const find = (name, count) => {
    const run = library.func(name, 'void', ['int64', ...new Array(count).fill('int')]);
    return (/** @type {number[]} */ ...given) => run(address, ...given);
  };
  /** @param {'prepare' | 'finish'} name */
  const all = (name) => Array.from({ length: stages[name] }, (_, stage) => find(name + stage, 5));
  return {
    tick: find('tick', 0),
    prepare: all('prepare'),
    chunk: find('chunk', 4),
    finish: all('finish'),
    mayFinish: finishRule(memory, losses),
  };
}
