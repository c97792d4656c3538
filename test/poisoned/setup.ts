/** @file Every program of the tests has NaN wherever it has to write before it reads. */
import { debugging } from '../../src/engine/poison.ts';

debugging.poisons = true;
