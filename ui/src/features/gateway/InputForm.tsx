import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { Notice } from '../../components/Notice.tsx';
import { roundedInteger } from '../../lib/exactJson.ts';
import { formatTensor } from '../../lib/format.ts';
import type { ModelSignatureInfo, TensorInfo } from '../../lib/wire.ts';
import { DrawingPad } from './DrawingPad.tsx';
import { fromField, hintOf, pixelsOf, readBody, shaped, toField, writeBody, type BodyForm, type DrawingView, type Tensors } from './tensors.ts';

/**
 * Fields for the inputs of a signature, beside the JSON that they write: `text` is the request's body, and the only truth. `onError` hears of each edit what is wrong
 * with that input, null for nothing: the body keeps the input's last good value.
 */
export function InputForm({ text, onChange, onError, signature, form, drawing }: {
  text: string; onChange: (text: string) => void; onError: (input: string, error: string | null) => void; signature: ModelSignatureInfo; form: BodyForm; drawing: DrawingView | null;
}) {
  const tensors = readBody(text, form, signature);
  if (tensors === null) {
    const rounded = roundedInteger(text);
    return (
      <Notice tone="look">{rounded === null ? 'The JSON is not of the form that these fields write. Edit it as JSON, or take the sample.'
        : `The JSON holds ${rounded}, which these fields would round: they are exact to 2^53. Edit it as JSON.`}</Notice>
    );
  }
  const set = (name: string, value: unknown) => {
    const next: Tensors = Object.fromEntries(signature.inputs.flatMap((one) => (one.name === name ? [[name, value]] : one.name in tensors ? [[one.name, tensors[one.name]]] : [])));
    onChange(writeBody(next, form));
  };
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {signature.inputs.map((tensor) => (drawing?.input === tensor.name
        ? <Drawing key={tensor.name} tensor={tensor} view={drawing} value={tensors[tensor.name]} onChange={(value) => { set(tensor.name, value); onError(tensor.name, null); }} />
        : <Field key={tensor.name} tensor={tensor} value={tensors[tensor.name]} onChange={(value) => { set(tensor.name, value); }} onError={(error) => { onError(tensor.name, error); }} />))}
    </div>
  );
}

const label = (tensor: TensorInfo) => <>{tensor.name} <span className="sw-dim sw-mono" style={{ fontWeight: 400 }}>{formatTensor(tensor)}</span></>;

function Drawing({ tensor, view, value, onChange }: { tensor: TensorInfo; view: DrawingView; value: unknown; onChange: (value: unknown) => void }) {
  const [blank] = useState(() => Array.from({ length: view.width * view.height }, () => 0));
  return (
    <div>
      <div style={{ fontSize: 14, fontWeight: 500, marginBottom: 6 }}>{label(tensor)}</div>
      <DrawingPad view={view} pixels={pixelsOf(value, view) ?? blank} onDraw={(pixels) => { onChange(shaped(pixels, tensor, view)); }} />
    </div>
  );
}

function Field({ tensor, value, onChange, onError }: { tensor: TensorInfo; value: unknown; onChange: (value: unknown) => void; onError: (error: string | null) => void }) {
  const [typed, setTyped] = useState(() => toField(value, tensor));
  const [written, setWritten] = useState(value);
  // Another value than the one that was typed here: the sample, or an edit of the JSON.
  if (JSON.stringify(value) !== JSON.stringify(written)) {
    setWritten(value);
    setTyped(toField(value, tensor));
  }
  const parsed = fromField(typed, tensor);
  return (
    <Textarea label={label(tensor)} aria-label={`${tensor.name}, ${formatTensor(tensor)}`} value={typed} autosize minRows={tensor.shape.length > 1 ? 3 : 1} maxRows={12} spellCheck={false}
      styles={{ input: { fontFamily: 'var(--sw-mono)', fontSize: 13 } }}
      description={hintOf(tensor)}
      error={parsed.error !== null && typed !== '' ? parsed.error : null}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        const result = fromField(next, tensor);
        onError(result.error);
        if (result.error === null) { setWritten(result.value); onChange(result.value); }
      }} />
  );
}
