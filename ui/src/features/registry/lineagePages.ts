import type { LineageEdge, LineageInfo, LineageNode } from '../../lib/wireRegistry.ts';

export type LineagePage =
  | { to: '/models/$model/$version'; params: { model: string; version: string }; search?: { tab: string } }
  | { to: '/deployments/$env/$name'; params: { env: string; name: string } }
  | { to: '/runs/$run'; params: { run: string } }
  | { to: '/experiments/$experiment'; params: { experiment: string } };

/** The page of a node. Data sets and parameters have none of their own: they are shown on the page of what they went into. */
export function pageOfNode(node: LineageNode, graph: LineageInfo): LineagePage | null {
  const own = pageOf(node.resource);
  if (own !== null || (node.kind !== 'dataset' && node.kind !== 'parameters')) return own;
  const user = graph.edges.filter((edge) => edge.from === node.id).map((edge) => graph.nodes.find((one) => one.id === edge.to)).find((one) => one !== undefined && one.resource !== null);
  const page = pageOf(user?.resource ?? null);
  return page?.to === '/models/$model/$version' ? { ...page, search: { tab: 'lineage' } } : page;
}

/** The page that an edge leads to: that of its end, or of its beginning where the end has none. */
export function pageOfEdge(edge: LineageEdge, graph: LineageInfo): LineagePage | null {
  const [from, to] = [edge.from, edge.to].map((id) => graph.nodes.find((one) => one.id === id));
  return (to === undefined ? null : pageOfNode(to, graph)) ?? (from === undefined ? null : pageOfNode(from, graph));
}

function pageOf(resource: string | null): LineagePage | null {
  const [kind, first, second, third] = (resource ?? '').split('/');
  if (first === undefined) return null;
  switch (kind) {
    case 'models': return third === undefined ? null : { to: '/models/$model/$version', params: { model: first, version: third } };
    case 'deployments': return second === undefined ? null : { to: '/deployments/$env/$name', params: { env: first, name: second } };
    case 'runs': return { to: '/runs/$run', params: { run: first } };
    case 'experiments': return { to: '/experiments/$experiment', params: { experiment: first } };
    default: return null;
  }
}
