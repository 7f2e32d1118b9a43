/** Addresses of approvals, protected stages, notifications and webhooks. */
const seg = encodeURIComponent;

export const approvalPaths = {
  approvals: '/api/v1/approvals',
  approval: (id: string) => `/api/v1/approvals/${seg(id)}`,
  /** One of its verbs: approve, reject, cancel, comments. */
  ofApproval: (id: string, verb: string) => `/api/v1/approvals/${seg(id)}/${verb}`,
  protections: '/api/v1/stage-protections',
  protection: (model: string | null, stage: string) => (model === null ? `/api/v1/stage-protections/${seg(stage)}` : `/api/v1/models/${seg(model)}/protection/${seg(stage)}`),
  modelProtection: (model: string) => `/api/v1/models/${seg(model)}/protection`,
  notifications: '/api/v1/notifications',
  unread: '/api/v1/notifications/unread',
  readAll: '/api/v1/notifications/read',
  readOne: (id: string) => `/api/v1/notifications/${seg(id)}/read`,
  preferences: '/api/v1/notifications/preferences',
  webhooks: '/api/v1/webhooks',
  webhook: (id: string) => `/api/v1/webhooks/${seg(id)}`,
  /** One of its verbs: rotate-secret, test. */
  ofWebhook: (id: string, verb: string) => `/api/v1/webhooks/${seg(id)}/${verb}`,
  eventTypes: '/api/v1/webhooks/event-types',
  deliveries: (webhook: string | undefined) => (webhook === undefined ? '/api/v1/webhooks/deliveries' : `/api/v1/webhooks/${seg(webhook)}/deliveries`),
  delivery: (id: string) => `/api/v1/webhooks/deliveries/${seg(id)}`,
  redeliver: (id: string) => `/api/v1/webhooks/deliveries/${seg(id)}/redeliver`,
};
