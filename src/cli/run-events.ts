/** @file Reads `events.jsonl`, as far as its lines are whole: a kill may have cut one short. */

export interface RunEvent {
  /** ISO 8601. */
  readonly time: string;
  readonly kind: string;
  readonly [detail: string]: unknown;
}

function parseEvents(text: string): RunEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event: Partial<RunEvent> | null = JSON.parse(line);
      const isWhole = typeof event?.kind === 'string' && Number.isFinite(Date.parse(String(event.time)));
      return isWhole ? [event as RunEvent] : [];
    } catch {
      return [];
    }
  });
}

/** How long a run has taken, in seconds: each sitting from its start to the last that was heard of it. */
export function secondsOf(text: string): number {
  let seconds = 0;
  let [from, to] = [0, 0];
  for (const { time, kind } of parseEvents(text)) {
    if (kind === 'started' || kind === 'resumed') {
      seconds += to - from;
      from = Date.parse(time);
    }
    to = Date.parse(time);
  }
  return (seconds + to - from) / 1000;
}
