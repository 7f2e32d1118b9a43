import type { LineageEdge, LineageInfo, LineageNode } from '../../lib/wireRegistry.ts';

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 50;
const GAP_X = 64;
const GAP_Y = 16;

export interface PlacedNode { node: LineageNode; x: number; y: number }
export interface LineageLayout { nodes: PlacedNode[]; edges: { edge: LineageEdge; path: string }[]; width: number; height: number }

/**
 * Columns from left to right, each node behind all that it came from; what has no origin of its own stands right before what it led to. Inside a column
 * nodes stand near their neighbours, so that edges cross little.
 */
export function layoutOf(graph: LineageInfo): LineageLayout {
  const column = columnsOf(graph);
  const columns: LineageNode[][] = [];
  for (const node of graph.nodes) (columns[column.get(node.id) ?? 0] ??= []).push(node);
  const filled = columns.filter((one) => one !== undefined);
  order(filled, graph.edges);

  const tallest = Math.max(0, ...filled.map((one) => one.length));
  const height = tallest * (NODE_HEIGHT + GAP_Y) - GAP_Y;
  const placed = new Map<string, PlacedNode>();
  filled.forEach((nodes, at) => {
    const top = (height - (nodes.length * (NODE_HEIGHT + GAP_Y) - GAP_Y)) / 2;
    nodes.forEach((node, row) => { placed.set(node.id, { node, x: at * (NODE_WIDTH + GAP_X), y: top + row * (NODE_HEIGHT + GAP_Y) }); });
  });
  const edges = graph.edges.flatMap((edge) => {
    const [from, to] = [placed.get(edge.from), placed.get(edge.to)];
    return from === undefined || to === undefined ? [] : [{ edge, path: curve(from, to) }];
  });
  return { nodes: [...placed.values()], edges, width: Math.max(0, filled.length * (NODE_WIDTH + GAP_X) - GAP_X), height: Math.max(0, height) };
}

function curve(from: PlacedNode, to: PlacedNode): string {
  const [x1, y1, x2, y2] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, to.x, to.y + NODE_HEIGHT / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M ${x1} ${y1} C ${x1 + bend} ${y1}, ${x2 - bend} ${y2}, ${x2} ${y2}`;
}

function columnsOf({ nodes, edges }: LineageInfo): Map<string, number> {
  const incoming = new Map(nodes.map((node) => [node.id, edges.filter((edge) => edge.to === node.id).map((edge) => edge.from)]));
  const outgoing = new Map(nodes.map((node) => [node.id, edges.filter((edge) => edge.from === node.id).map((edge) => edge.to)]));
  const column = new Map<string, number>();
  const visit = (id: string, path: ReadonlySet<string>): number => {
    const known = column.get(id);
    if (known !== undefined) return known;
    if (path.has(id)) return 0;
    const at = Math.max(-1, ...(incoming.get(id) ?? []).map((from) => visit(from, new Set([...path, id])))) + 1;
    column.set(id, at);
    return at;
  };
  for (const node of nodes) visit(node.id, new Set());
  for (const node of nodes) {
    const next = (outgoing.get(node.id) ?? []).map((id) => column.get(id) ?? 0);
    if ((incoming.get(node.id) ?? []).length === 0 && next.length > 0) column.set(node.id, Math.max(0, Math.min(...next) - 1));
  }
  return column;
}

/** A few sweeps of the barycentre rule, forth and back. */
function order(columns: LineageNode[][], edges: LineageEdge[]) {
  const row = new Map<string, number>();
  const number = () => { for (const nodes of columns) nodes.forEach((node, at) => row.set(node.id, at)); };
  number();
  for (let sweep = 0; sweep < 6; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (const nodes of forth ? columns : columns.toReversed()) {
      const centre = new Map(nodes.map((node) => {
        const near = edges.flatMap((edge) => (forth && edge.to === node.id ? [edge.from] : !forth && edge.from === node.id ? [edge.to] : [])).map((id) => row.get(id) ?? 0);
        return [node.id, near.length === 0 ? row.get(node.id) ?? 0 : near.reduce((sum, one) => sum + one, 0) / near.length];
      }));
      nodes.sort((a, b) => (centre.get(a.id) ?? 0) - (centre.get(b.id) ?? 0));
      nodes.forEach((node, at) => row.set(node.id, at));
    }
  }
}
