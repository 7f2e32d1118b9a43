import { Link, useNavigate } from '@tanstack/react-router';
import { Boxes, Database, FlaskConical, Play, Rocket, SlidersHorizontal } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatExact } from '../../lib/format.ts';
import type { LineageInfo, LineageKind, LineageNode } from '../../lib/wireRegistry.ts';
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from './lineageLayout.ts';
import { pageOfEdge, pageOfNode, type LineagePage } from './lineagePages.ts';
import { useLineage } from './recordApi.ts';

const KINDS: Record<LineageKind, { word: string; icon: ReactNode }> = {
  experiment: { word: 'Experiment', icon: <FlaskConical size={15} aria-hidden /> },
  run: { word: 'Run', icon: <Play size={15} aria-hidden /> },
  dataset: { word: 'Data set', icon: <Database size={15} aria-hidden /> },
  parameters: { word: 'Parameters', icon: <SlidersHorizontal size={15} aria-hidden /> },
  version: { word: 'Version', icon: <Boxes size={15} aria-hidden /> },
  deployment: { word: 'Deployment', icon: <Rocket size={15} aria-hidden /> },
};
const EDGES: Record<string, string> = {
  contains: 'contains', used: 'was used by', configured: 'configured', produced: 'produced', fine_tuned: 'was fine-tuned into', live: 'is live in', rolling_out: 'is rolling out to', earlier: 'was in',
};

/** What a version, or a model when `version` is null, came from and led to, from left to right. */
export function LineagePanel({ model, version }: { model: string; version: number | null }) {
  const lineage = useLineage(model, version);
  return (
    <Panel title="Lineage" flush>
      <QueryView query={lineage} title="The lineage could not be loaded" loading={<BlockSkeleton height={320} />} isEmpty={(graph) => graph.nodes.length === 0}
        empty={<div style={{ padding: 14 }}><EmptyState title="No version yet">Once there is one, this shows what it came from and where it went.</EmptyState></div>}>
        {(graph) => <Graph graph={graph} />}
      </QueryView>
    </Panel>
  );
}

function Graph({ graph }: { graph: LineageInfo }) {
  const layout = useMemo(() => layoutOf(graph), [graph]);
  const [open, setOpen] = useState<string | null>(null);
  const near = useMemo(() => {
    const ids = new Set<string>();
    if (open !== null) for (const edge of graph.edges) if (edge.from === open || edge.to === open) { ids.add(edge.from); ids.add(edge.to); }
    return ids;
  }, [graph, open]);
  const navigate = useNavigate();
  const pages = useMemo(() => new Map(graph.nodes.map((node) => [node.id, pageOfNode(node, graph)])), [graph]);
  const go = (page: LineagePage | null) => { if (page !== null) void navigate(page); };
  const names = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node.name])), [graph]);
  const alone = graph.nodes.length === graph.start.length && graph.edges.length === 0;
  const shown = graph.nodes.find((node) => node.id === open);
  return (
    <>
      {graph.truncated ? <div style={{ padding: 12 }}><Notice tone="look">There is more than fits here; open a version to see what lies around it.</Notice></div> : null}
      {alone ? <div style={{ padding: '14px 14px 0' }} className="sw-dim">Nothing is known of where this came from: it was uploaded, names no parent, and is deployed nowhere. Versions made from a run tell it by themselves.</div> : null}
      <div className="sw-graph" tabIndex={0} role="group" aria-label="Lineage, from left to right">
        <div style={{ position: 'relative', width: layout.width, height: layout.height }}>
          <svg width={layout.width} height={layout.height}>
            <defs><marker id="sw-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" /></marker></defs>
            {layout.edges.map(({ edge, path }) => {
              const page = pageOfEdge(edge, graph);
              const said = `${names.get(edge.from)} ${EDGES[edge.kind] ?? edge.kind} ${names.get(edge.to)}`;
              return (
                <g key={`${edge.from} ${edge.to} ${edge.kind}`} role={page === null ? 'img' : 'link'} aria-label={said} onClick={() => { go(page); }}>
                  <path d={path} markerEnd="url(#sw-arrow)" data-kind={edge.kind} data-near={open !== null && (edge.from === open || edge.to === open) ? true : undefined} />
                  <path className="sw-edge-ground" d={path}><title>{said}</title></path>
                </g>
              );
            })}
          </svg>
          {layout.nodes.map(({ node, x, y }) => (
            <div key={node.id} className="sw-node" data-kind={node.kind} data-start={graph.start.includes(node.id) ? true : undefined} data-far={open !== null && node.id !== open && !near.has(node.id) ? true : undefined}
              style={{ left: x, top: y, width: NODE_WIDTH, height: NODE_HEIGHT }} onMouseEnter={() => { setOpen(node.id); }} onMouseLeave={() => { setOpen(null); }} onFocus={() => { setOpen(node.id); }}
              data-page={pages.get(node.id) != null ? true : undefined} onClick={(event) => { if ((event.target as HTMLElement).closest('a') === null) go(pages.get(node.id) ?? null); }} onBlur={() => { setOpen(null); }}>
              {KINDS[node.kind].icon}
              <div style={{ minWidth: 0 }}>
                <div className="sw-clip"><NodeLink node={node} page={pages.get(node.id) ?? null} /></div>
                <div className="sw-clip sw-node-note"><Note node={node} /></div>
              </div>
            </div>
          ))}
        </div>
      </div>
      <div className="sw-graph-facts" aria-live="polite">{shown === undefined ? <span className="sw-dim">Point at a node to see what is known of it. A click on a node, or on a line, opens the page that it leads to.</span> : <Known node={shown} />}</div>
    </>
  );
}

/** The name; a link where there is a page to open. */
function NodeLink({ node, page }: { node: LineageNode; page: LineagePage | null }) {
  return page === null ? <span tabIndex={0}>{node.name}</span> : <Link {...page} className="sw-link">{node.name}</Link>;
}

function Note({ node }: { node: LineageNode }) {
  if (node.kind === 'version') return node.facts.deleted === undefined ? <>{KINDS.version.word}{node.facts.stage === undefined || node.facts.stage === 'None' ? '' : `, ${node.facts.stage}`}</> : <>Version, deleted</>;
  if (node.kind === 'deployment' && node.facts.status !== undefined) return <>Deployment, {node.facts.status.toLowerCase().replaceAll('_', ' ')}</>;
  return <>{KINDS[node.kind].word}</>;
}

function Known({ node }: { node: LineageNode }) {
  const facts = Object.entries(node.facts).filter(([name]) => name !== 'deleted');
  return (
    <>
      <strong>{KINDS[node.kind].word} {node.name}</strong>
      {node.facts.deleted === undefined ? null : <span className="sw-dim"> was deleted; its name is kept here.</span>}
      {facts.length === 0 ? null : (
        <div style={{ marginTop: 6 }}>
          <Facts facts={facts.map(([name, value]): [string, ReactNode] => [node.kind === 'parameters' ? name : name.replaceAll('_', ' '), name === 'created_at' ? formatExact(value) : name === 'stage' ? <StateOf key="s" kind="stages" value={value} /> : name === 'status' && node.kind === 'deployment' ? <StateOf key="d" kind="deployments" value={value} /> : value])} />
        </div>
      )}
    </>
  );
}
