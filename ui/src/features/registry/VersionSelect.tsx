import { useState } from 'react';
import { SearchSelect } from '../../components/SearchSelect.tsx';
import { nameOfVersion, useVersionSearch } from './search.ts';

/** One version of a model, found by the beginning of its number, its label or an alias. */
export function VersionSelect({ model, value, onChange, ...rest }: {
  model: string; value: string | null; onChange: (version: string | null) => void; label?: string; 'aria-label'?: string; w?: number; allowDeselect?: boolean;
}) {
  const [typed, setTyped] = useState('');
  const found = useVersionSearch(model, typed);
  return <SearchSelect {...rest} data={found.map((one) => ({ value: String(one.version), label: nameOfVersion(one) }))} value={value} labelOf={(version) => `v${version}`} onSearch={setTyped} onChange={onChange} />;
}
