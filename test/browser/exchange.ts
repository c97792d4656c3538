/** @file Requests to a page that comes for them by itself: it brings the last one's answer and waits for the next one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

interface Answer {
  readonly value?: unknown;
  /** What was thrown instead. */
  readonly error?: string;
  /** Why there will be no answer any more. */
  readonly failed?: string;
}

export class Exchange {
  /** The page while it waits. */
  #page = new Later<ServerResponse>();
  #answer = new Later<Answer>();

  /** Serves the page. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = JSON.parse(await text(request)) as Answer;
    if (answer.failed !== undefined) {
      this.fail(new Error(answer.failed));
      response.end();
      return;
    }
    this.#page.resolve(response);
    this.#answer.resolve(answer);
  }

  /** One at a time. @throws Error with what was thrown in the page, or why there is none */
  async ask(name: string, args: readonly unknown[]): Promise<unknown> {
    const page = await this.#page.promise;
    this.#page = new Later();
    this.#answer = new Later();
    page.end(JSON.stringify([name, ...args]));
    const { value, error } = await this.#answer.promise;
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Ends it for whoever asks, now or later. */
  fail(error: Error): void {
    this.#page.reject(error);
    this.#answer.reject(error);
  }
}

class Later<Value> {
  resolve!: (value: Value) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<Value>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    // It may fail while nobody asks.
    this.promise.catch(() => undefined);
  }
}
