/** @file Why the native engine cannot run here, or need not: what has a remedy, and a fallback. */

/** Its message is the rest of a sentence. */
export class NativeProblem extends Error {}
