import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, get, rememberCsrfToken, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { paths } from '../../lib/paths.ts';
import type { AuditEntryInfo, CreateKeyRequest, CreateUserRequest, CreatedKey, KeyInfo, Page, SessionInfo, SignInLink, UpdateUserRequest, UserInfo } from '../../lib/wire.ts';

const remember = (session: SessionInfo) => { rememberCsrfToken(session.csrf_token); return session; };

/** Who is signed in; null when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      try {
        return remember(await get<SessionInfo>(paths.session, {}, signal));
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) { rememberCsrfToken(null); return null; }
        throw error;
      }
    },
    staleTime: 60_000,
    refetchInterval: false,
  });
}

export function useRedeem() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => send<SessionInfo>('POST', paths.redeem, { token }),
    onSuccess: (session) => { client.setQueryData(['session'], remember(session)); },
  });
}

export function usePasswordSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (credentials: { user: string; password: string }) => send<SessionInfo>('POST', paths.session, credentials),
    onSuccess: (session) => { client.setQueryData(['session'], remember(session)); },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => send('DELETE', paths.session),
    onSuccess: () => { rememberCsrfToken(null); client.clear(); client.setQueryData(['session'], null); },
  });
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { current_password: string | null; new_password: string }) => send('PUT', paths.password, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export const useUsers = (enabled = true) => useQuery({ enabled, queryKey: ['users'], queryFn: ({ signal }) => get<Page<UserInfo>>(paths.users, { limit: 200 }, signal).then((page) => page.items) });

export function useCreateUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateUserRequest) => send<UserInfo>('POST', paths.users, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useUpdateUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...body }: UpdateUserRequest & { name: string }) => send<UserInfo>('PATCH', paths.user(name), body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useDeleteUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => send('DELETE', paths.user(name)),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export const useSignInLink = () => useMutation({ mutationFn: (name: string) => send<SignInLink>('POST', paths.signInLink(name)) });

/** Own keys, or everybody's (administrators). */
export const useKeys = (all: boolean) => useQuery({
  queryKey: ['keys', { all }],
  queryFn: ({ signal }) => get<Page<KeyInfo>>(paths.keys, { all: all ? true : undefined, limit: 200 }, signal).then((page) => page.items),
});

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateKeyRequest) => send<CreatedKey>('POST', paths.keys, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => send('DELETE', paths.key(id)), onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }) });
}

export interface AuditFilter { actor?: string; action?: string; resource?: string; from?: string; to?: string }
export const useAudit = (filter: AuditFilter) => usePages<AuditEntryInfo>(['audit', { ...filter }], paths.audit, { ...filter });
