import { useMutation, useQuery } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { SystemStatus, VerifyReport } from '../../lib/wire.ts';

export const useSystem = () => useQuery({ queryKey: ['system'], queryFn: ({ signal }) => get<SystemStatus>(paths.system, {}, signal), refetchInterval: 15_000 });

export const useVerify = () => useMutation({ mutationFn: () => send<VerifyReport>('POST', paths.verify) });
