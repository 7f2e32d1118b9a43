import { describe, expect, it } from 'vitest';
import { formatDelta, formatMetric } from '../../lib/metrics.ts';
import { aLineage } from '../../test/registryData.ts';
import { filesBelow, shortest, treeOf } from './fileTree.ts';
import { layoutOf } from './lineageLayout.ts';

const files = ['a/b/one', 'a/b/two', 'a/three', 'four'].map((path, at) => ({ path, size_bytes: at + 1, sha256: 'x' }));

describe('A tree of files', () => {
  it('has folders first, with what is below them', () => {
    const root = treeOf(files);
    expect(root.children.map((node) => [node.name, node.sizeBytes, node.files])).toEqual([['a', 6, 3], ['four', 4, 1]]);
    expect(filesBelow(root)).toEqual(['a/b/one', 'a/b/two', 'a/three', 'four']);
  });

  it.each([
    [['a/b/one', 'a/b/two', 'a/three', 'four'], []],   // everything needs no list
    [['a/b/one', 'a/b/two', 'a/three'], ['a']],
    [['a/b/one', 'a/b/two', 'four'], ['a/b', 'four']],
    [['a/b/one'], ['a/b/one']],
  ])('names %j by the shortest list', (chosen, list) => { expect(shortest(treeOf(files), new Set(chosen))).toEqual(list); });
});

describe('A layout of a lineage', () => {
  const layout = layoutOf(aLineage());
  const at = (id: string) => layout.nodes.find((one) => one.node.id === id) ?? layout.nodes[0];

  it('puts each node right of all that it came from', () => {
    for (const { edge } of layout.edges) expect(at(edge.from)?.x).toBeLessThan(at(edge.to)?.x ?? 0);
  });

  it('puts what has no origin right before what it led to', () => { expect(at('version/base/1')?.x).toBe(at('run/0123')?.x); });

  it('lets no two nodes overlap', () => { expect(new Set(layout.nodes.map((one) => `${one.x} ${one.y}`)).size).toBe(layout.nodes.length); });

  it('takes a circle, which cannot be, without hanging', () => {
    const node = (id: string) => ({ id, kind: 'version' as const, name: id, resource: null, facts: {} });
    expect(layoutOf({ start: ['a'], truncated: false, nodes: [node('a'), node('b')], edges: [{ from: 'a', to: 'b', kind: 'fine_tuned' }, { from: 'b', to: 'a', kind: 'fine_tuned' }] }).nodes).toHaveLength(2);
  });
});

it.each([
  [0.94, '0.94'], [0, '0'], [-0.5, '−0.5'], [1234567.891, '1,234,568'], [0.000012345, '1.234e−5'], [Number.NaN, 'NaN'], [Number.POSITIVE_INFINITY, '∞'], [Number.NEGATIVE_INFINITY, '−∞'], [1 / 3, '0.33333'],
])('The metric %d reads %s', (value, text) => { expect(formatMetric(value)).toBe(text); });

it('A difference has its sign', () => { expect([formatDelta(0.1 + 0.2 - 0.2), formatDelta(-2)]).toEqual(['+0.1', '−2']); });
