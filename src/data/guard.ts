/** @file Looks at data sets before anything is trained on them, and says what is wrong. */

/** Something about the data that a person should know before believing a result. */
export interface DataWarning {
  readonly kind: 'same data' | 'overlap' | 'missing class' | 'different scale';
  /** The whole message: subject, what is wrong, with the values, and what to do. */
  readonly message: string;
}
