import { formatRatio, formatSeconds } from '../../lib/format.ts';
import type { RolloutSettings } from '../../lib/wire.ts';

const STRATEGIES: Record<string, string> = { rolling: 'Rolling', blue_green: 'Blue-green', canary: 'Canary', recreate: 'Recreate' };
export const strategyWord = (strategy: string | null | undefined) => STRATEGIES[strategy ?? ''] ?? String(strategy);

/** Why a rollout failed: the server's closed list, in words. */
const REASONS: Record<string, string> = {
  build_failed: 'The build failed', load_failed: 'It does not load', crashed: 'A replica crashed while it served', hung: 'A replica stopped answering', memory_limit: 'It needs more memory than it may have',
  storage_limit: 'It writes more than its storage limit allows', out_of_disk: 'The disk is full', progress_deadline: 'It did not become ready in time', insufficient_capacity: 'The machine has no room for it', error_rate: 'It fails too many requests',
  latency: 'It is too slow',
};
export const reasonText = (code: string) => REASONS[code] ?? code.replaceAll('_', ' ');

const CLEANUPS: Record<string, string> = { keep: 'keeps its replicas', scale_to_zero: 'is scaled to zero', deactivate: 'is deactivated' };

/** Names and values of the settings that matter for the strategy. */
export function settingFacts(settings: RolloutSettings): [string, string][] {
  const { strategy, gate } = settings;
  const facts: [string, string][] = [['Strategy', strategyWord(strategy)]];
  if (strategy === 'rolling') {
    facts.push((settings.max_unavailable_percent ?? 0) > 0 ? ['At a time may be missing', `${settings.max_unavailable_percent} % of the replicas`] : ['At a time on top', `${settings.max_surge_percent} % of the replicas`]);
    if ((settings.stabilization_seconds ?? 0) > 0) facts.push(['After each shift', formatSeconds(settings.stabilization_seconds ?? 0)]);
    if ((settings.overhead_percent ?? 0) > 0) facts.push(['Added before', `${settings.overhead_percent} % of the replicas`]);
  }
  if (strategy === 'canary') {
    facts.push(['Steps', (settings.steps ?? []).map((step) => `${step} %`).join(', ')], ['All steps take', formatSeconds(settings.window_seconds ?? 0)]);
  }
  facts.push(['Watched at 100 %', (settings.bake_seconds ?? 0) === 0 ? 'not' : formatSeconds(settings.bake_seconds ?? 0)], ['The old revision', CLEANUPS[settings.previous_cleanup ?? ''] ?? '–']);
  if (gate !== null && gate !== undefined) {
    if (gate.max_error_rate !== null && gate.max_error_rate !== undefined) facts.push(['Error rate at most', formatRatio(gate.max_error_rate)]);
    if (gate.max_p95_ms !== null && gate.max_p95_ms !== undefined) facts.push(['p95 at most', `${gate.max_p95_ms} ms`]);
    facts.push(['Compared with the old one', `at most ${formatRatio(gate.max_error_rate_increase)} more errors, ${gate.max_p95_ratio} times the p95`], ['Judged from', `${gate.min_requests} requests`]);
  }
  return facts;
}
