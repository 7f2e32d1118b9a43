import { Button, Group, Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { Notice } from '../../components/Notice.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import { useMayOperate } from '../../lib/rights.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useCreateRevision, useEnvironments } from './api.ts';
import type { Found, VersionChoice } from './DeploymentForm.tsx';
import { draftOf, rulesOf, variantsOf, type Draft } from './routingDraft.ts';
import { RoutingTable } from './RoutingTable.tsx';
import { SimulatorPanel } from './SimulatorPanel.tsx';
import { DEFAULT_STRATEGY, settingsOf, StrategyFields } from './StrategyFields.tsx';
import { VariantsPanel } from './VariantsPanel.tsx';
import { asksForApproval } from './waiting.ts';
import { AsksForApproval } from './WaitingRequest.tsx';

/** Variants of the live revision and the table that chooses among them: edited together, saved as a new revision. Who may not operate it looks, and simulates. */
export function RoutingTab(props: { deployment: DeploymentInfo; models: Found<string>; versions: Found<VersionChoice>; onModel: (model: string) => void }) {
  if (props.deployment.live === null) {
    return <EmptyState title="Nothing is live yet">The first revision has one variant; once it is live, others join it here.</EmptyState>;
  }
  return <Editor key={`${props.deployment.environment}/${props.deployment.name}`} {...props} />;
}

/** What the editor begins with: when it is another, somebody has changed it, or what was saved here is live. */
const beginningOf = (deployment: DeploymentInfo) => `${deployment.live?.number ?? 0} ${JSON.stringify(deployment.autoscaling.variants)}`;

const withoutBounds = (draft: Draft) => variantsOf({ ...draft, variants: draft.variants.map((one) => ({ ...one, min: '', max: '', had: null })) });

function Editor({ deployment, models, versions, onModel }: { deployment: DeploymentInfo; models: Found<string>; versions: Found<VersionChoice>; onModel: (model: string) => void }) {
  const [base, setBase] = useState(deployment);
  const [start, setStart] = useState(() => draftOf(deployment));
  const [draft, setEdited] = useState<Draft>(start);
  const [saved, setSaved] = useState(false);
  const [shown, setShown] = useState(start.variants[0]?.key ?? 0);
  const save = useCreateRevision({ environment: deployment.environment, name: deployment.name });
  const changed = JSON.stringify([variantsOf(draft), rulesOf(draft)]) !== JSON.stringify([variantsOf(start), rulesOf(start)]);
  const boundsAlone = changed && JSON.stringify([withoutBounds(draft), rulesOf(draft)]) === JSON.stringify([withoutBounds(start), rulesOf(start)]);
  const setDraft = (edited: Draft) => { setEdited(edited); setSaved(false); };
  const takeOver = () => {
    const fresh = draftOf(deployment);
    setBase(deployment);
    setStart(fresh);
    setEdited(fresh);
    setShown(fresh.variants[0]?.key ?? 0);
    setSaved(false);
  };
  // Nothing edited, or what was edited is saved: follow what there is.
  const isAnother = beginningOf(base) !== beginningOf(deployment);
  if (isAnother && (!changed || saved)) takeOver();
  const environment = useEnvironments().data?.find((one) => one.name === deployment.environment);
  const [strategy, setStrategy] = useState(DEFAULT_STRATEGY);
  const [comment, setComment] = useState('');
  const may = useMayOperate(deployment.environment);
  const refusal = save.error instanceof ApiError ? save.error : null;
  const model = draft.variants.find((one) => one.key === shown)?.model ?? '';
  useEffect(() => { onModel(model); }, [model, onModel]);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {deployment.rollout === null ? null : <Notice tone="moving" title="A rollout is under way">What you see is the revision that was live before it; what is saved here waits for its end.</Notice>}
      {isAnother && changed && !saved ? (
        <Notice tone="look" title="It was changed meanwhile" action={<Button size="xs" variant="default" onClick={() => { takeOver(); save.reset(); }}>Discard mine, show what is live</Button>}>
          {base.live?.number === deployment.live?.number ? 'Somebody changed how many replicas a variant has.' : `Revision ${deployment.live?.number ?? 0} is live now; you began with revision ${base.live?.number ?? 0}.`} Your edits are kept, and saving puts them in the place of what is there now.
        </Notice>
      ) : null}
      <LeaveGuard isDirty={() => changed && !saved} />
      <VariantsPanel draft={draft} onChange={setDraft} shown={shown} onShow={setShown} models={models} versions={versions} refusal={refusal} deployment={deployment} />
      <RoutingTable draft={draft} onChange={setDraft} refusal={refusal} readOnly={!may} />
      {changed || save.error !== null ? (
        <section aria-label="Unsaved changes" style={{ display: 'grid', gap: 10 }}>
          {boundsAlone ? null : (
            <div style={{ maxWidth: 560, display: 'grid', gap: 10 }}>
              <StrategyFields value={strategy} onChange={setStrategy} refusal={refusal} deployment={deployment} environment={environment} />
              {asksForApproval(environment) ? (
                <>
                  <AsksForApproval environment={environment} />
                  <Textarea label="Comment for the reviewers" description="Optional, but do say why." autosize minRows={2} maxLength={5000} value={comment} error={refusal?.field('comment')} onChange={(event) => { setComment(event.currentTarget.value); }} />
                </>
              ) : null}
            </div>
          )}
          {save.error === null ? null : <ErrorState error={save.error} title="The revision was not made" />}
          <Group justify="space-between" gap="xs">
            <span className="sw-dim" style={{ fontSize: 13 }}>{boundsAlone
              ? 'Numbers of replicas are settings: they change in place, and nothing is rolled out.'
              : 'Saving makes a new revision that is rolled out. Variants that stay as they are go on running.'}</span>
            <Group gap="xs">
              <Button variant="default" onClick={() => { takeOver(); save.reset(); }}>Discard</Button>
              <Button loading={save.isPending} disabled={!changed} onClick={() => {
                save.mutate(boundsAlone ? { variants: variantsOf(draft) } : {
                  variants: variantsOf(draft), routing: rulesOf(draft), rollout: settingsOf(strategy), comment: comment.trim() === '' ? undefined : comment.trim(),
                }, { onSuccess: (answer) => { setSaved(true); toast(boundsAlone ? 'The numbers of replicas are set.' : told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); } });
              }}>{boundsAlone ? 'Save' : asksForApproval(environment) ? 'Ask for approval' : 'Save and roll out'}</Button>
            </Group>
          </Group>
        </section>
      ) : null}
      <SimulatorPanel deployment={deployment} draft={draft} changed={changed} />
    </div>
  );
}
