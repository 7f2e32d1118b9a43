import type { ApprovalInfo } from './wireApprovals.ts';

/** What a change answers: what it did, or the request that was opened where somebody else must agree first. */
export type OrAsked<Answer> = Answer | ApprovalInfo;

/** The request that was opened in place of a change. */
export function isAsked(answer: unknown): answer is ApprovalInfo {
  return typeof answer === 'object' && answer !== null && 'reviewers' in answer && 'requester' in answer;
}

/** What to tell somebody after a change: that it waits for its reviewers, or else what was done. */
export function told<Answer extends object>(answer: OrAsked<Answer>, done: (answer: Answer) => string): string {
  return isAsked(answer) ? [`Request sent: ${answer.reviewers.join(' or ')} may approve it, and then it happens by itself.`, ...answer.notes].join(' ') : done(answer);
}
