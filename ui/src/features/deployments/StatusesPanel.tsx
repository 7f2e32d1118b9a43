import { useQuery } from '@tanstack/react-query';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatSeconds } from '../../lib/format.ts';
import { get } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { DeploymentInfo, Page, StatusChangeInfo } from '../../lib/wire.ts';
import { reasonWords } from './facts.ts';

const columns: Column<StatusChangeInfo>[] = [
  { id: 'status', header: 'Status', fixed: true, cell: (one) => <StateOf kind="deployments" value={one.status} /> },
  { id: 'at', header: 'Since', fixed: true, cell: (one) => <RelativeTime at={one.at} /> },
  { id: 'lasted', header: 'Lasted', numeric: true, cell: (one) => (one.until === null ? 'until now' : formatSeconds((Date.parse(one.until) - Date.parse(one.at)) / 1_000)) },
  { id: 'reason', header: 'Why', cell: (one) => (one.reason === null ? '–' : reasonWords(one.reason)) },
];

/** The newest statuses that a deployment has had. */
export function StatusesPanel({ deployment: { environment, name, status } }: { deployment: DeploymentInfo }) {
  const changes = useQuery({
    queryKey: ['deployments', environment, name, 'status-changes', status],
    queryFn: ({ signal }) => get<Page<StatusChangeInfo>>(paths.ofDeployment(environment, name, 'status-changes'), { limit: 50 }, signal).then((page) => page.items),
  });
  if (changes.data === undefined || changes.data.length === 0) return null;
  return (
    <Panel title="Statuses" flush>
      <DataTable name="statuses" label="Statuses" rows={changes.data} columns={columns} rowKey={(one) => `${one.at}${one.status}`} />
    </Panel>
  );
}
