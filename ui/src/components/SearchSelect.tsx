import { Select, type SelectProps } from '@mantine/core';
import { useState } from 'react';

export interface Choice { value: string; label: string; disabled?: boolean }
type Choices = (Choice | { group: string; items: Choice[] })[];

/**
 * A choice out of more than a page can hold: `data` is what the server found for what was typed, which `onSearch` hears ('' when nobody is searching). What is chosen stays
 * chosen, and keeps its words, when it is not among what was found.
 */
export function SearchSelect({ data, value, labelOf = (chosen) => chosen, onSearch, onChange, ...rest }: Omit<SelectProps, 'data' | 'value' | 'onChange' | 'onSearchChange'> & {
  data: Choices; value: string | null; labelOf?: (value: string) => string; onSearch: (typed: string) => void; onChange: (value: string | null) => void;
}) {
  const [picked, setPicked] = useState<Choice | null>(null);
  const flat = data.flatMap((one) => ('items' in one ? one.items : [one]));
  const chosen = value === null ? undefined : flat.find((one) => one.value === value) ?? (picked?.value === value ? picked : { value, label: labelOf(value) });
  const shown = chosen === undefined || flat.includes(chosen) ? data : [...data, data.some((one) => 'items' in one) ? { group: 'Chosen', items: [chosen] } : chosen];
  return (
    <Select {...rest} searchable data={shown} value={value} filter={({ options }) => options} nothingFoundMessage={rest.nothingFoundMessage ?? 'Nothing is called that'}
      onDropdownClose={() => { onSearch(''); }} onSearchChange={(typed) => { onSearch(typed === chosen?.label ? '' : typed); }}
      onChange={(next) => { setPicked(flat.find((one) => one.value === next) ?? null); onChange(next); }} />
  );
}
