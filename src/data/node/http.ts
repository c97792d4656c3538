/**
 * @file One GET over http or https, as bytes as they are sent: with time limits, and redirects followed.
 *
 * `fetch` would unpack what a server calls packed and has no limit on the time to connect. Source: RFC 9110.
 */

import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { formatCount } from '../../format-number.ts';
import type { TimeLimits } from './time-limits.ts';

/** What went wrong at the other end, as the rest of a sentence that starts with the address. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
}

/** Nothing comes for longer than the limit. */
export class StallError extends RemoteError {}

const mostRedirects = 5;

/**
 * Asks for `url`, and follows redirects. Whoever gets the answer has to read it to its end, or to destroy it.
 *
 * @param headers sent to each address that is asked
 * @throws RemoteError if there is no answer; the signal's reason
 */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { limits, signal }: { readonly limits: TimeLimits; readonly signal: AbortSignal | undefined },
): Promise<IncomingMessage> {
  let at = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await getOnce(at, headers, limits, signal);
    const { statusCode = 0, headers: received } = answer;
    if (statusCode < 300 || statusCode >= 400 || received.location === undefined) return answer;
    answer.destroy();
    const next = URL.parse(received.location, at.href);
    if (next === null || !['http:', 'https:'].includes(next.protocol)) {
      throw new RemoteError(`redirects to "${received.location}", which is no address on the web`);
    }
    if (at.protocol === 'https:' && next.protocol === 'http:') {
      throw new RemoteError(`redirects to ${next.href}, from https to http`);
    }
    at = next;
  }
  throw new RemoteError(`redirects more than ${mostRedirects} times`);
}

/** The answer's body, piece by piece. @throws RemoteError if it breaks off or stalls; the signal's reason */
export async function* bodyOf(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (cause) {
    throw remoteError(cause, signal);
  } finally {
    answer.destroy();
  }
}

function getOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { connect, idle }: TimeLimits,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const options = {
      // A connection of its own: nothing is left open that could keep the process alive.
      agent: false,
      headers: { 'accept-encoding': 'identity', 'user-agent': 'ocellus', ...headers },
      ...(signal === undefined ? {} : { signal }),
    };
    const request = url.protocol === 'https:' ? https.get(url, options) : http.get(url, options);
    let answer: IncomingMessage | undefined;
    const stop = (milliseconds: number, problem: string) => (): void => {
      // A request that has its answer would tell the reader of the body nothing of the reason.
      (answer ?? request).destroy(new StallError(`${problem} for ${formatCount(milliseconds / 1000, 'second')}`));
    };
    const connecting = setTimeout(stop(connect, 'gives no connection'), connect);
    request.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        clearTimeout(connecting);
        socket.setTimeout(idle, stop(idle, 'sends nothing'));
      });
    });
    request.on('response', (received) => {
      answer = received;
      resolve(received);
    });
    request.on('error', (cause) => reject(remoteError(cause, signal)));
    request.on('close', () => clearTimeout(connecting));
  });
}

function remoteError(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof RemoteError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const problems: Record<string, string> = {
    EAI_AGAIN: 'cannot be looked up (EAI_AGAIN)',
    ECONNREFUSED: 'refuses the connection',
    ECONNRESET: 'breaks the connection off',
    ENETUNREACH: 'cannot be reached (ENETUNREACH)',
    ENOTFOUND: 'cannot be looked up (ENOTFOUND)',
  };
  return new RemoteError(problems[code] ?? `fails (${message})`, { cause });
}
