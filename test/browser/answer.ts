/** @file The page's side of `ask-page.ts`. */

/** What a page can be asked for: by name, with arguments and answers that survive JSON. */
export type Answers = Record<string, (...args: never[]) => unknown>;

/** Answers one request after the other, for as long as somebody asks; in the page or in a worker of it. */
export async function answerTests(answers: Answers): Promise<never> {
  const answer = async ([name, ...args]: [string, ...never[]]): Promise<object> => {
    try {
      return { value: await answers[name]!(...args) };
    } catch (error) {
      return { error: String(error) };
    }
  };
  let last: object = {};
  for (;;) {
    const response = await fetch('/requests', { method: 'POST', body: JSON.stringify(last) });
    last = await answer((await response.json()) as [string, ...never[]]);
  }
}
