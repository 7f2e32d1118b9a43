/** Wire types of schedules, written after src/Slipway.Contracts/Schedules.cs. */
import type { VersionFileInfo } from './wire.ts';

export type ScheduleStatus = 'active' | 'paused' | 'deleting';
export type ExecutionStatus = 'queued' | 'preparing' | 'running' | 'stopping' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out' | 'skipped' | 'missed';

export interface JobPackageInfo {
  digest: string; size_bytes: number; files: VersionFileInfo[]; command: string[]; base_image: string; requirements: string[]; status: 'queued' | 'ready' | 'failed';
  lock: string | null; error: string | null; warnings: string[]; created_by: string; created_at: string;
}
/** `current`: the execution that has not ended; `last`: the last that was fired and has. */
export interface ScheduleInfo {
  name: string; description: string | null; owner: string; status: ScheduleStatus; experiment: string; cron: string; time_zone: string; next_run_at: string | null;
  package: JobPackageInfo; parameters: Record<string, unknown>; variables: Record<string, string>; timeout_seconds: number; cpu_cores: number; memory_mib: number;
  grace_seconds: number; current: ExecutionInfo | null; last: ExecutionInfo | null; created_at: string; updated_at: string; etag: string;
}
export interface ScheduleSettings {
  description?: string | null; base_image?: string | null; parameters?: Record<string, unknown> | null; variables?: Record<string, string> | null;
  timeout_seconds?: number | null; cpu_cores?: number | null; memory_mib?: number | null; grace_seconds?: number | null;
}
export interface CreateScheduleRequest extends ScheduleSettings { name: string; experiment: string; cron: string; upload_id: string; time_zone?: string | null; paused?: boolean }
export interface UpdateScheduleRequest extends ScheduleSettings { experiment?: string | null; cron?: string | null; time_zone?: string | null; upload_id?: string | null }
/** `times` with the offset that the zone has then. */
export interface CronPreview { cron: string; time_zone: string; times: string[] }
/** The record of one due time, or of one "run now" (`due_at` is null then). */
export interface ExecutionInfo {
  schedule: string; number: number; trigger: 'schedule' | 'manual'; due_at: string | null; started_by: string | null; status: ExecutionStatus; reason: string | null; detail: string | null;
  created_at: string; started_at: string | null; finished_at: string | null; duration_seconds: number | null; exit_code: number | null; exit_signal: number | null;
  cpu_seconds: number | null; peak_memory_bytes: number | null; run_id: string | null; experiment: string; package: string | null; stopped_by: string | null; log_bytes: number;
}
