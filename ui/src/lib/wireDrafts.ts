/** Wire types of what a live deployment serves between two versions. */
export interface DraftError { code: string; message: string; traceback: string | null }

export interface DraftSummary { name: string; is_frozen: boolean; patched_at: string | null; error: DraftError | null }
