import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { toast } from '../../components/Toasts.tsx';
import { noticing } from '../../components/typing.ts';
import { useEnvironments } from '../../features/deployments/api.ts';
import { DeploymentForm } from '../../features/deployments/DeploymentForm.tsx';
import { isAsked, told } from '../../lib/asked.ts';
import { useBaseImages, useLatestChoice, useModelChoices, useNameChoices, useVersionChoices } from './choices.ts';

const route = getRouteApi('/shell/deployments/new');

/** The form of a new deployment; models and versions come from the registry. */
export function NewDeploymentPage() {
  const initial = route.useSearch();
  const navigate = useNavigate();
  const [model, setModel] = useState(initial.model ?? '');
  const typed = useRef(false);
  const models = useModelChoices();
  const environments = useEnvironments();
  const versions = useVersionChoices(model);
  const latest = useLatestChoice(model);
  const names = useNameChoices(model);
  const baseImages = useBaseImages();
  return (
    <>
      <PageHead title="New deployment" tab="New deployment" lead="Serves a version of a model at an address of its own. Its first rollout starts at once." />
      <QueryView query={models.query} isEmpty={(found) => found.length === 0 && models.typed === ''} title="The models could not be loaded" loading={<BlockSkeleton height={520} />}
        empty={<EmptyState title="No models yet" command="slipway push DIR">Push a folder first; push also makes a deployment.</EmptyState>}>
        {() => (
          <div style={{ maxWidth: 670 }} {...noticing(() => { typed.current = true; })}><Panel>
            <LeaveGuard isDirty={() => typed.current} />
            <DeploymentForm initial={initial} onModel={setModel}
              choices={{ models, versions, latest, names, environments: environments.data ?? [], baseImages }}
              onCancel={() => { typed.current = false; void navigate({ to: '/deployments' }); }}
              onCreated={(made) => {
                typed.current = false;
                toast(told(made, (deployment) => `${deployment.name} is being deployed.`));
                if (isAsked(made)) void navigate({ to: '/approvals/$id', params: { id: made.id } });
                else void navigate({ to: '/deployments/$env/$name/$tab', params: { env: made.environment, name: made.name, tab: 'overview' } });
              }} />
          </Panel></div>
        )}
      </QueryView>
    </>
  );
}
