import { Drawer, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Code } from '../../components/Code.tsx';
import { CopyButton, ShortId } from '../../components/CopyButton.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { formatBytes, formatExact, formatMs } from '../../lib/format.ts';
import { httpMeaning, statusTone } from '../../lib/states.ts';
import type { PredictionDetail, RecordedBody } from '../../lib/wire.ts';
import { usePrediction } from './api.ts';
import { bodyText } from './BodyPreview.tsx';

/** One prediction with everything that led to it. */
export function PredictionDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const detail = usePrediction(id);
  return (
    <Drawer opened={id !== null} onClose={onClose} position="right" size="lg" title="Prediction">
      {id === null ? null : (
        <QueryView query={detail} title="This prediction could not be loaded" loading={<BlockSkeleton height={420} />}>
          {(data) => <Detail detail={data} />}
        </QueryView>
      )}
    </Drawer>
  );
}

function Detail({ detail }: { detail: PredictionDetail }) {
  const one = detail.prediction;
  return (
    <Stack gap="md">
      <Facts facts={[
        ['Id', <ShortId key="id" id={one.id} what="prediction id" />],
        ['Time', <span key="at">{formatExact(one.at)} (<RelativeTime at={one.at} />)</span>],
        ['Response', <StateBadge key="s" state={{ tone: statusTone(one.status), word: one.status === null ? 'aborted' : `${one.status} ${httpMeaning(one.status)}`, meaning: httpMeaning(one.status) }} />],
        ...(one.error_code === null ? [] : [['Error', <span key="e"><span className="sw-mono">{one.error_code}</span>{one.error_source === null ? '' : `, from the ${one.error_source}`}</span>] satisfies [string, React.ReactNode]]),
        ['Latency', `${formatMs(one.latency_ms)} (queued ${formatMs(one.queue_ms)}, replica ${formatMs(one.replica_ms)})`],
        ['Version', <Link key="v" to="/models/$model/$version" params={{ model: one.model, version: String(one.model_version) }} className="sw-link">{one.model} v{one.model_version}</Link>],
        ['Revision', `${one.revision}, variant ${one.variant}`],
        ...(one.routing == null ? [] : [['Routing', one.routing === 'matched' ? `Matched row ${one.row}${detail.routing_note?.values == null ? '' : `: ${detail.routing_note.values}`}` : 'Default matched'] satisfies [string, React.ReactNode]]),
        ...(one.fallback_from == null ? [] : [['Fallback', <span key="f">in place of {one.fallback_from}{detail.routing_note?.fallback_reason == null ? '' : <>, which failed: <span className="sw-mono">{detail.routing_note.fallback_reason}</span></>}</span>] satisfies [string, React.ReactNode]]),
        ['Origin', `${one.origin}, ${one.dialect}${one.user === null ? '' : `, by ${one.user}`}`],
        ['Attempts', String(one.attempts)],
        ['Log', <Link key="l" to="/deployments/$env/$name/$tab" params={{ env: one.environment, name: one.deployment, tab: 'logs' }} search={{ request_id: one.id }} style={{ color: 'inherit' }}>lines of this request</Link>],
      ]} />
      <Body title="Input" body={detail.input} />
      <Body title="Output" body={detail.output} />
    </Stack>
  );
}

function Body({ title, body }: { title: string; body: RecordedBody | null }) {
  const text = bodyText(body);
  const json = body?.text !== null && body?.text !== undefined && (body.content_type?.includes('json') ?? true);
  return (
    <Panel title={title} flush actions={body === null ? undefined : (
      <>
        <span className="sw-dim" style={{ fontSize: 12.5 }}>{body.content_type ?? 'no content type'}, {formatBytes(body.size_bytes)}{body.complete ? '' : ', recorded truncated'}</span>
        <CopyButton value={body.text ?? body.base64 ?? ''} what={title.toLowerCase()} />
      </>
    )}>
      {json ? <Code value={text} language="json" label={title} maxHeight="320px" /> : <pre className="sw-code sw-wrap" tabIndex={0} aria-label={title}>{text}</pre>}
    </Panel>
  );
}
