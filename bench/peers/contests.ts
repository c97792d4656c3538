/** @file What is measured: workloads, and in which ways they are run. */
export interface Contest {
  readonly name: string;
  readonly title: string;
  /** Of `../workloads.ts`. */
  readonly workload: string;
  readonly purpose: 'train' | 'predict';
  readonly batchSize: number;
  readonly threads: number;
  /** Starts with weights that were trained for an epoch, not with random ones. */
  readonly trained?: boolean;
}

const contest = (name: string, title: string, how: Omit<Contest, 'name' | 'title'>): Contest => ({
  name,
  title,
  ...how,
});
const usual = 'conv(32) + relu + pool + conv(64) + relu + pool + dense(128) + relu';
const [w1, w2, w3] = ['W1', 'W2', 'W3'].map((workload) => ({ workload, purpose: 'train' as const, threads: 1 }));
const w4 = { workload: 'W3', purpose: 'predict' as const, threads: 1 };

export const contests: readonly Contest[] = [
  contest('W1', 'sharedConv + pool, batch 1, Adagrad', { ...w1!, batchSize: 1 }),
  contest('W2', 'sharedConv + pool + sharedConv + pool, batch 1, Adagrad', { ...w2!, batchSize: 1 }),
  contest('W3', `${usual}, batch 64, Adam`, { ...w3!, batchSize: 64 }),
  contest('W3late', 'W3 after its first epoch, when fewer of its gradients are not 0', {
    ...{ ...w3!, batchSize: 64, trained: true },
  }),
  contest('W3x2', 'W3 with two threads', { ...w3!, batchSize: 64, threads: 2 }),
  contest('W4', 'W3’s forward pass, batch 1', { ...w4, batchSize: 1 }),
  contest('W4x256', 'W3’s forward pass, batch 256', { ...w4, batchSize: 256 }),
];

/** What its speed is counted in, and how many of these a step has. */
export const unitOf = ({ purpose, batchSize }: Contest): { name: string; perStep: number } =>
  purpose === 'train' ? { name: 'steps/s', perStep: 1 } : { name: 'images/s', perStep: batchSize };
