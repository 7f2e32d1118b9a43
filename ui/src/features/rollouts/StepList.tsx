import { RelativeTime } from '../../components/RelativeTime.tsx';
import { formatMs, formatNumber, formatRatio } from '../../lib/format.ts';
import { stateWord } from '../../lib/states.ts';
import type { RolloutEvidenceInfo, RolloutMeasureInfo, RolloutStepInfo } from '../../lib/wire.ts';

const VERDICTS: Record<RolloutEvidenceInfo['verdict'], string> = { pass: 'Gate passed', fail: 'Gate failed', inconclusive: 'Too few requests to judge' };
const measures = (side: RolloutMeasureInfo) => (side.requests === 0 ? 'not asked' : `${formatNumber(side.requests)} requests, ${formatRatio(side.error_rate)} failed, p95 ${formatMs(side.p95_ms)}`);

/** The ledger of a rollout, newest first, with what each step was decided on. */
export function StepList({ steps }: { steps: RolloutStepInfo[] }) {
  return (
    <ol className="sw-steps" reversed>
      {steps.toReversed().map((step) => (
        <li key={step.number} data-tone={stateWord('rollouts', step.status).tone}>
          <span className="sw-break">{step.what}</span>{' '}
          <span className="sw-dim sw-num">· {step.percent_traffic_to_new_version} % · <RelativeTime at={step.at} /></span>
          {step.evidence === null ? null : (
            <div className="sw-dim" style={{ fontSize: 12.5, marginTop: 2 }}>
              {VERDICTS[step.evidence.verdict]}: new {measures(step.evidence.candidate)}; before {measures(step.evidence.previous)}
              {step.evidence.before === null ? null : <> (in the minute before the rollout {measures(step.evidence.before)})</>}
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}
