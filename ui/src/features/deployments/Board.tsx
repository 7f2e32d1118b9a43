import { Skeleton } from '@mantine/core';
import { EmptyState } from '../../components/EmptyState.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import type { DeploymentInfo, EnvironmentInfo } from '../../lib/wire.ts';
import { useAllDeployments, useEnvironments } from './api.ts';
import { DeploymentCard } from './DeploymentCard.tsx';

const emptyText = (environment: EnvironmentInfo) => {
  if (environment.name === 'development') return { title: 'No development deployments', text: 'Push a folder with a model and it is served here.', command: 'slipway push DIR' };
  return { title: `Nothing in ${environment.name}`, text: 'Promote a deployment from its card’s menu, or push straight here.', command: `slipway push DIR --environment ${environment.name}` };
};

/** A column for each environment, in order, with a card for each deployment. */
export function Board() {
  const environments = useEnvironments();
  const deployments = useAllDeployments();
  return (
    <QueryView query={environments} title="The environments could not be loaded" loading={<BoardSkeleton />}>
      {(columns) => (
        <QueryView query={deployments} title="The deployments could not be loaded" loading={<BoardSkeleton />}>
          {(all) => (
            <div className="sw-board">
              {columns.map((environment) => (
                <BoardColumn key={environment.name} environment={environment} deployments={all.filter((one) => one.environment === environment.name)} />
              ))}
            </div>
          )}
        </QueryView>
      )}
    </QueryView>
  );
}

function BoardColumn({ environment, deployments }: { environment: EnvironmentInfo; deployments: DeploymentInfo[] }) {
  const empty = emptyText(environment);
  const id = `column-${environment.name}`;
  return (
    <section className="sw-column" aria-labelledby={id}>
      <header>
        <h2 id={id}>{environment.name}</h2>
        <span className="sw-dim sw-num" style={{ fontSize: 13 }} aria-label={`${deployments.length} deployments`}>{deployments.length}</span>
      </header>
      {deployments.length === 0
        ? <EmptyState title={empty.title} command={empty.command}>{empty.text}</EmptyState>
        : <ul>{deployments.map((deployment) => <DeploymentCard key={deployment.name} deployment={deployment} />)}</ul>}
    </section>
  );
}

function BoardSkeleton() {
  return (
    <div className="sw-board">
      {[2, 1, 1].map((cards, column) => (
        <div key={column}>
          <Skeleton height={16} width={110} mb={12} />
          {Array.from({ length: cards }, (_, card) => <Skeleton key={card} height={148} radius={8} mb={10} />)}
        </div>
      ))}
    </div>
  );
}
