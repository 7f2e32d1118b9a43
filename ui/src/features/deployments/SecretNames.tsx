import { MultiSelect } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useSecrets } from './secrets.ts';

/** Which of an environment's secrets a configuration uses; by name alone. */
export function SecretNames({ environment, value, onChange, error, label = 'Secrets', description }: {
  environment: string; value: string[]; onChange: (names: string[]) => void; error?: string; label?: ReactNode; description?: string;
}) {
  const secrets = useSecrets(environment);
  const known = (secrets.data ?? []).map((one) => one.name);
  return (
    <MultiSelect label={label} data={[...new Set([...known, ...value])]} value={value} onChange={onChange} error={error} searchable clearable
      placeholder={value.length > 0 ? undefined : known.length === 0 ? `${environment} has none` : 'Choose names'} nothingFoundMessage="No secret of that name"
      description={<>{description ?? 'Their values reach the model’s process as environment variables.'} <Link to="/admin/environments/$environment" params={{ environment }}>Secrets of {environment}</Link></>} />
  );
}
