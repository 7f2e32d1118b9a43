/** Why a replica set has the number of replicas that it has: the server's closed list, in words. */
const WORDS: Record<string, string> = {
  steady: 'Steady', concurrency: 'Requests at a time', burst: 'Burst', cpu: 'CPU', memory: 'Memory', gpu: 'GPU', scale_down_delay: 'Waits before scaling down',
  scale_down_rate: 'Scales down step by step', minimum: 'At the minimum', maximum: 'At the maximum', by_hand: 'Set by hand', idle: 'Idle', held_at_zero: 'Held at zero',
  woken_by_request: 'Woken by a request', woken_by_person: 'Woken by a person', no_data: 'No data yet',
};

export const reasonWord = (reason: string) => WORDS[reason] ?? reason;
