import type { VersionFileInfo } from './wire.ts';

/** Wire types of what a live deployment serves between two versions. */
export interface DraftError { code: string; message: string; traceback: string | null }

export interface DraftSummary { name: string; is_frozen: boolean; patched_at: string | null; error: DraftError | null }

/** `hash` is of the newest files, which `files` are; `running_hash` of what answers. */
export interface DraftInfo {
  name: string; hash: string; running_hash: string; model: string; base_version: number; is_frozen: boolean; outcome: 'applied' | 'failed' | 'stored' | 'pending'; files: VersionFileInfo[];
}
