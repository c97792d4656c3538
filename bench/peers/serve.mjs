/**
 * @file The peers' side of the protocol: a line of JSON on stdin, a line of JSON on stdout.
 *
 *     {"do": "load", "workload", "purpose", "batchSize", "threads", "weights", "images", "labels"}  →  {"ready": true}
 *     {"do": "check", "steps"}   →  {"answers": [[…], …]}   after each step: the mean loss, or the logits of the batch
 *     {"do": "run", "seconds"}   →  {"steps", "seconds"}
 *
 * Every step takes the next images of the file, as bytes or as a peer has prepared them when it loaded.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

/**
 * @typedef {{ workload: string, purpose: 'train' | 'predict', batchSize: number, threads: number, weights: string, images: string, labels: string }} LoadRequest
 * @typedef {{ step(): unknown, answer(): ArrayLike<number> | Promise<ArrayLike<number>>, stepsAtOnce: number }} Peer
 */

/** @param {(request: any) => Promise<Peer> | Peer} open */
export async function serve(open) {
  /** @type {Peer} */
  let peer;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    if (request.do === 'load') {
      peer = await open(request);
      answer = { ready: true };
    } else if (request.do === 'check') answer = { answers: await check(peer, request.steps) };
    else answer = await run(peer, request.seconds);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/** @param {Peer} peer @param {number} steps */
export async function check(peer, steps) {
  const answers = [];
  for (let count = 0; count < steps; count++) {
    await peer.step();
    answers.push([...Array.from(await peer.answer())]);
  }
  return answers;
}

/** @param {Peer} peer @param {number} seconds */
async function run(peer, seconds) {
  const start = performance.now();
  let steps = 0;
  for (;;) {
    for (let count = 0; count < peer.stepsAtOnce; count++) {
      const pending = peer.step();
      if (pending instanceof Promise) await pending;
    }
    steps += peer.stepsAtOnce;
    const took = (performance.now() - start) / 1000;
    if (took >= seconds) return { steps, seconds: took };
  }
}

/** The tensors of a safetensors file, all of them float32, by name. @param {string} path */
export function readWeights(path) {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start));
  return Object.entries(header).map(
    ([
      name,
      {
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      const data = bytes.subarray(start + begin, start + end);
      return { name, shape, values: new Float32Array(new Uint8Array(data).buffer) };
    },
  );
}

/**
 * Hands out the images of the files in their order, over and over, `batchSize` at once: where each batch starts.
 * @param {LoadRequest} request
 */
export function readBatches({ images, labels, batchSize }) {
  const pixels = readFileSync(images);
  const classes = readFileSync(labels);
  let at = -batchSize;
  return {
    pixels,
    labels: classes,
    next() {
      at += batchSize;
      if (at + batchSize > classes.length) at = 0;
      return at;
    },
  };
}

/** All pixels as the networks take them, -0.5 … 0.5. @param {Uint8Array} pixels */
export function floatsOf(pixels) {
  const floats = new Float32Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) floats[at] = pixels[at] / 255 - 0.5;
  return floats;
}
