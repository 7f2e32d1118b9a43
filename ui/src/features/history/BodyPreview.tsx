import { prettyJson } from '../../lib/format.ts';
import type { RecordedBody } from '../../lib/wire.ts';
import { usePrediction } from './api.ts';

/** Input and output of a row, cut to what fits. */
export function BodyPreview({ id }: { id: string }) {
  const detail = usePrediction(id);
  if (detail.isPending) return <span className="sw-dim">…</span>;
  if (detail.data === undefined) return <span className="sw-dim">not readable</span>;
  return (
    <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 8, minWidth: 420 }}>
      <Short title="Input" body={detail.data.input} />
      <Short title="Output" body={detail.data.output} />
    </div>
  );
}

function Short({ title, body }: { title: string; body: RecordedBody | null }) {
  return <pre className="sw-code sw-wrap" style={{ maxHeight: 96, padding: '4px 8px' }} aria-label={title} tabIndex={0}>{bodyText(body).slice(0, 600)}</pre>;
}

/** A recorded body as text to read. */
export function bodyText(body: RecordedBody | null): string {
  if (body === null) return 'not recorded, or not yours to read';
  if (body.text !== null) return prettyJson(body.text);
  return body.base64 === null || body.base64 === '' ? '(empty)' : `(binary, base64)\n${body.base64}`;
}
