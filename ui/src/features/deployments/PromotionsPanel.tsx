import { DataTable, type Column } from '../../components/DataTable.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import type { DeploymentInfo, PromotionInfo } from '../../lib/wire.ts';
import { usePromotions } from './promotions.ts';

const columns: Column<PromotionInfo>[] = [
  { id: 'at', header: 'When', fixed: true, cell: (one) => <RelativeTime at={one.at} /> },
  { id: 'what', header: 'What', fixed: true, cell: (one) => <StateOf kind="promotions" value={one.kind === 'rejected' ? 'rejected' : one.outcome} /> },
  { id: 'from', header: 'From', fixed: true, cell: (one) => `${one.from}, revision ${one.revision}` },
  { id: 'to', header: 'To', fixed: true, cell: (one) => (one.to_revision === null ? one.to : `${one.to}, revision ${one.to_revision}`) },
  { id: 'by', header: 'By', cell: (one) => one.by },
  { id: 'comment', header: 'Comment', cell: (one) => <span className="sw-break">{one.comment ?? '–'}</span> },
];

/** Promotions and rejections of a deployment; nothing where there was none. */
export function PromotionsPanel({ deployment }: { deployment: DeploymentInfo }) {
  const promotions = usePromotions(deployment);
  if (promotions.data === undefined || promotions.data.length === 0) return null;
  return (
    <Panel title="Promotions" flush>
      <DataTable name="promotions" label="Promotions" rows={promotions.data} columns={columns} rowKey={(one) => `${one.at}${one.kind}`} />
    </Panel>
  );
}
