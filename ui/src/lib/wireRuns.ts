/** Wire types of experiments and runs, after src/Slipway.Contracts/Experiments.cs and Runs.cs. */

export type ExperimentStatus = 'Active' | 'Completed' | 'Archived';
export interface ExperimentInfo {
  id: string; name: string; description: string | null; tags: Record<string, string>; status: ExperimentStatus; run_count: number; last_activity_at: string | null;
  created_by: string; created_at: string; updated_at: string; etag: string;
}
export interface ExperimentColumns { metrics: string[]; parameters: string[]; tags: string[]; truncated: boolean }

export type RunStatus = 'Running' | 'Completed' | 'Failed' | 'Killed';
/** NaN and infinities come as texts. `timestamp` in milliseconds since 1970. */
export interface MetricPoint { value: number | 'NaN' | 'Infinity' | '-Infinity'; step: number; timestamp: number }
export interface RunInfo {
  id: string; experiment_id: string; experiment_name: string; name: string | null; status: RunStatus; status_reason: string | null; user: string; parent_run_id: string | null;
  started_at: string; ended_at: string | null; heartbeat_at: string | null; deleted_at: string | null; parameters: Record<string, string>; metrics: Record<string, MetricPoint>;
  tags: Record<string, string>; etag: string;
}
export interface DataSetInfo { name: string; path: string; digest: string | null; description: string | null; logged_at: string }
export interface RunAlertInfo {
  id: string; condition: string; message: string | null; is_met: boolean; fired_count: number; last_fired_at: string | null; last_fired_by: MetricPoint | null;
  created_at: string; created_by: string;
}
export interface RunDetail {
  run: RunInfo; notes: string | null; data_sets: DataSetInfo[]; alerts: RunAlertInfo[]; child_count: number; artifact_count: number; artifact_bytes: number;
}
export interface ArtifactEntry { path: string; is_folder: boolean; size_bytes: number; sha256: string | null; file_count: number; stored_at: string }
export interface MetricSeries { key: string; count: number; points: MetricPoint[] }
