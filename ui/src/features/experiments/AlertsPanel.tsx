import { ActionIcon, Button, Group, TextInput } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { ApiError } from '../../lib/http.ts';
import type { RunAlertInfo, RunDetail } from '../../lib/wireRuns.ts';
import { useAlerts } from './api.ts';
import { formatMetric } from './facts.ts';

/** Conditions on metrics, each telling once when it becomes true. */
export function AlertsPanel({ detail }: { detail: RunDetail }) {
  const { create, remove } = useAlerts(detail.run.id);
  const [condition, setCondition] = useState('');
  const [message, setMessage] = useState('');
  const refusal = create.error instanceof ApiError ? create.error : null;
  const [field, messageError] = [refusal?.field('condition'), refusal?.field('message')];
  return (
    <Panel title="Alerts">
      {detail.alerts.length === 0 ? <div className="sw-dim" style={{ marginBottom: 8 }}>None. An alert tells once each time that its condition becomes true.</div> : (
        <ul aria-label="Alerts" style={{ listStyle: 'none', margin: '0 0 10px', padding: 0, display: 'grid', gap: 6 }}>
          {detail.alerts.map((alert) => (
            <li key={alert.id} style={{ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }}>
              <code className="sw-mono">{alert.condition}</code><State alert={alert} />
              {alert.message === null ? null : <span className="sw-dim">{alert.message}</span>}
              <Needs right="write_registry"><ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Delete alert ${alert.condition}`} onClick={() => { remove.mutate(alert.id); }}><Trash2 size={13} aria-hidden /></ActionIcon></Needs>
            </li>
          ))}
        </ul>
      )}
      <Needs right="write_registry"><form onSubmit={(event) => { event.preventDefault(); create.mutate({ condition, message: message.trim() === '' ? null : message.trim() }, { onSuccess: () => { setCondition(''); setMessage(''); } }); }}>
        <Group gap="xs" align="flex-start">
          <TextInput aria-label="Condition" placeholder="val_loss > 0.5" className="sw-mono" spellCheck={false} style={{ flex: '1 1 140px' }} value={condition} error={field} onChange={(event) => { setCondition(event.currentTarget.value); }} />
          <TextInput aria-label="Message" placeholder="What the notification says (optional)" maxLength={1000} style={{ flex: '1 1 180px' }} value={message} error={messageError} onChange={(event) => { setMessage(event.currentTarget.value); }} />
          <Button type="submit" variant="default" loading={create.isPending} disabled={condition.trim() === ''}>Add alert</Button>
        </Group>
      </form></Needs>
      {create.error === null || field !== undefined || messageError !== undefined ? null : <ErrorState error={create.error} title="The alert was not added" />}
    </Panel>
  );
}

function State({ alert }: { alert: RunAlertInfo }) {
  if (alert.last_fired_at === null) return <StateBadge state={{ tone: 'rest', word: 'Not met', meaning: 'The condition was never true.' }} />;
  return (
    <>
      <StateBadge state={alert.is_met ? { tone: 'look', word: 'Met', meaning: 'The latest value meets the condition.' } : { tone: 'rest', word: 'Met before', meaning: 'The latest value does not meet it any more.' }} />
      <span className="sw-dim sw-num">{formatMetric(alert.last_fired_by?.value)} at step {alert.last_fired_by?.step}, <RelativeTime at={alert.last_fired_at} /></span>
    </>
  );
}
