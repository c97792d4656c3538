/** @file The version of all numbers: a release may change `weightsSha256` of a given seed only by raising it. */
export const numericsVersion = 1;
