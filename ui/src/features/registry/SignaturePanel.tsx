import { Facts, Panel } from '../../components/Panel.tsx';
import type { ModelSignatureInfo, TensorInfo } from '../../lib/wire.ts';

/** `[batch, 64]`: a size, or the name of a free one. */
export const shapeText = (tensor: TensorInfo) => `[${tensor.shape.map((size, i) => (size >= 0 ? String(size) : tensor.dimensions[i] ?? 'any')).join(', ')}]`;

/** What the model takes and gives, as its file says. */
export function SignaturePanel({ signature }: { signature: ModelSignatureInfo }) {
  const rows = [...signature.inputs.map((tensor) => ({ tensor, role: 'input' })), ...signature.outputs.map((tensor) => ({ tensor, role: 'output' }))];
  const producer = [signature.producer, signature.producer_version].filter((part) => part !== null && part !== '').join(' ');
  return (
    <Panel title="Signature">
      <div className="sw-table-wrap">
        <table className="sw-table" aria-label="Signature">
          <thead><tr><th scope="col" /><th scope="col">Name</th><th scope="col">Datatype</th><th scope="col">Shape</th></tr></thead>
          <tbody>
            {rows.map(({ tensor, role }) => (
              <tr key={`${role} ${tensor.name}`}>
                <td className="sw-dim">{role}</td>
                <td className="sw-mono sw-break">{tensor.name}</td>
                <td className="sw-mono">{tensor.structure ?? tensor.datatype}</td>
                <td className="sw-mono">{shapeText(tensor)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Facts facts={[
        ...(signature.description === null || signature.description === '' ? [] : [['Description', signature.description] as [string, string]]),
        ...(producer === '' ? [] : [['Exported by', producer] as [string, string]]),
        ...(Object.keys(signature.opsets).length === 0 ? [] : [['Operators', Object.entries(signature.opsets).map(([domain, version]) => `${domain} ${version}`).join(', ')] as [string, string]]),
        ...Object.entries(signature.metadata).map(([key, value]): [string, string] => [key, value]),
      ]} />
    </Panel>
  );
}
