import type { VersionFileInfo } from './wire.ts';

/** Wire types of what a live deployment serves between two versions. */
export interface DraftError { code: string; message: string; traceback: string | null }

export interface DraftSummary { name: string; is_frozen: boolean; patched_at: string | null; error: DraftError | null }

/** `hash` is of the newest files, which `files` are; `running_hash` of what answers. */
export interface DraftInfo {
  name: string; hash: string; running_hash: string; model: string; base_version: number; is_frozen: boolean; outcome: 'applied' | 'failed' | 'stored' | 'pending'; files: VersionFileInfo[];
}

/** How the newest files differ from the version that the draft began from; `files` are those that do. */
export interface DraftDiffInfo { model: string; base_version: number; hash: string; added: number; removed: number; files: FileDiffInfo[] }
/** Counts are of lines, and null where it was not compared by line. */
export interface FileDiffInfo {
  path: string; change: 'added' | 'removed' | 'changed'; added: number | null; removed: number | null; old_size_bytes: number | null; new_size_bytes: number | null;
  omitted: 'binary' | 'too_large' | 'too_many_lines' | null; hunks: DiffHunkInfo[];
}
export interface DiffHunkInfo { old_start: number; old_lines: number; new_start: number; new_lines: number; lines: DiffLineInfo[] }
export interface DiffLineInfo { kind: 'same' | 'added' | 'removed'; text: string; cut: boolean; no_newline: boolean }
