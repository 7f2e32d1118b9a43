/** Wire types of approvals, protected stages, notifications and webhooks. */

export type ApprovalState = 'pending' | 'approved' | 'rejected' | 'cancelled' | 'closed';
export interface ApprovalInfo {
  id: string; kind: string; subject: string; resource: string; action: string; from: string | null; to: string; requester: string; comment: string | null; requested_at: string;
  reviewers: string[]; state: ApprovalState; decided_by: string | null; decided_at: string | null; decision_comment: string | null; closed_reason: string | null; closed_at: string | null;
  applied_at: string | null; waiting_because: string | null; comment_count: number; can_decide: boolean; can_cancel: boolean; notes: string[];
}
export interface ApprovalCommentInfo { author: string; text: string; at: string }
export interface EvidenceColumn { title: string; resource: string | null }
export interface EvidenceRow { label: string; kind: 'text' | 'number' | 'bytes' | 'time' | 'hash'; values: (string | null)[]; resources?: (string | null)[] | null }
export interface EvidenceSection { title: string; columns: EvidenceColumn[]; rows: EvidenceRow[]; note: string | null }
export interface ApprovalDetail { approval: ApprovalInfo; comments: ApprovalCommentInfo[]; stale_because: string | null; evidence: EvidenceSection[] }

export interface StageProtectionInfo { model: string | null; stage: 'Staging' | 'Production'; reviewers: string[]; approvals: number; updated_by: string; updated_at: string }

export interface NotificationInfo { id: string; kind: string; title: string; text: string | null; link: string | null; created_at: string; read_at: string | null }
export interface NotificationPreference { kind: string; title: string; description: string; in_app: boolean }

export interface WebhookInfo {
  id: string; name: string; url: string; events: string[]; status: 'active' | 'disabled' | 'stopped'; stopped_because: string | null; pending: number; dead: number;
  last_delivered_at: string | null; previous_secret_until: string | null; created_by: string; created_at: string; updated_at: string; etag: string;
}
export interface WebhookSecret { secret: string; webhook: WebhookInfo }
export interface EventTypeInfo { type: string; description: string }
export interface DeliveryInfo {
  id: string; webhook_id: string; webhook: string; event_id: string; type: string; subject: string; state: 'pending' | 'delivered' | 'dead'; attempts: number; created_at: string;
  next_at: string | null; done_at: string | null; last_status: number | null; last_error: string | null;
}
export interface DeliveryDetail { delivery: DeliveryInfo; event: unknown; log: { at: string; status: number | null; error: string | null; duration_ms: number }[] }
