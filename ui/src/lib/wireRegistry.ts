/** Wire types of a version's record, comparison and lineage, written after src/Slipway.Contracts. NaN and the infinities come as texts. */
import type { Stage, VersionFileInfo, WireNumber } from './wire.ts';

export interface VersionMetricPoint { step: number; value: WireNumber }
/** `points`: by rising step, the last one included; empty where the metric has one value only. */
export interface VersionMetricInfo { namespace: 'training' | 'validation'; key: string; value: WireNumber; step: number; at: string; points: VersionMetricPoint[] }

/** `use`: live, rolling_out, or earlier, where a revision is kept and no traffic goes. */
export interface VersionDeploymentInfo { environment: string; name: string; use: 'live' | 'rolling_out' | 'earlier'; revision: number; status: string }
export interface ModelDeploymentInfo { version: number; deployment: VersionDeploymentInfo }

/** Every list has one member for each version, in the order asked for. */
export interface VersionComparison {
  model: string; versions: ComparedVersion[]; metrics: MetricComparison[]; parameters: ValueComparison[]; signature: ValueComparison[]; requirements: ValueComparison[];
  files: FileComparison[];
}
export interface ComparedVersion {
  version: number; label: string | null; stage: Stage; aliases: string[]; description: string | null; detected: string; runnable: boolean; size_bytes: number; digest: string;
  source_run_id: string | null; created_by: string; created_at: string; deployments: VersionDeploymentInfo[];
}
export interface MetricCell { value: WireNumber; delta: WireNumber | null; best: boolean; steps: number }
export interface MetricComparison { namespace: 'training' | 'validation'; key: string; lower_is_better: boolean; cells: (MetricCell | null)[] }
export type ValueChange = 'same' | 'changed' | 'added' | 'removed' | 'absent';
export interface ValueComparison { key: string; values: (string | null)[]; changes: ValueChange[] }
export interface FileComparison { path: string; files: (VersionFileInfo | null)[]; changes: ValueChange[] }

export type LineageKind = 'experiment' | 'run' | 'dataset' | 'parameters' | 'version' | 'deployment';
/** `resource`: path below /api/v1; null for what has no address, and for what was deleted. */
export interface LineageNode { id: string; kind: LineageKind; name: string; resource: string | null; facts: Record<string, string> }
export interface LineageEdge { from: string; to: string; kind: string }
export interface LineageInfo { start: string[]; nodes: LineageNode[]; edges: LineageEdge[]; truncated: boolean }

/** A number of the wire as JavaScript has it. */
export const numberOf = (value: WireNumber) => Number(value);
