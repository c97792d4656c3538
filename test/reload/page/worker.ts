/** @file Answers what the page is asked, in a worker of it. */
import { type Answers, answersThat } from './answers.ts';

interface Asked {
  readonly id: number;
  readonly name: keyof Answers;
  readonly args: never[];
}

declare function postMessage(message: object): void;
declare function addEventListener(event: 'message', listen: (event: { data: Asked }) => void): void;

const answers = answersThat((told) => postMessage({ told }));

addEventListener('message', async ({ data: { id, name, args } }) => {
  try {
    postMessage({ id, value: await (answers[name] as (...args: never[]) => unknown)(...args) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
