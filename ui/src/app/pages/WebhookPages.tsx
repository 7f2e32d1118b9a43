import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { OnceSecret } from '../../features/identity/OnceSecret.tsx';
import { WebhooksPage } from '../../features/notifications/WebhooksPage.tsx';

const webhooks = getRouteApi('/shell/admin/webhooks');

export function WebhooksRoute() {
  const navigate = useNavigate();
  return (
    <WebhooksPage filter={webhooks.useSearch()} onFilter={(search) => { void navigate({ to: '/admin/webhooks', search, replace: true }); }}
      secretDialog={(made, onClose) => (
        <OnceSecret title={`Secret of ${made?.webhook.name ?? ''}`} label="Secret" value={made?.secret ?? null} note="It checks the signatures of deliveries and is not shown again." onClose={onClose} />
      )} />
  );
}
