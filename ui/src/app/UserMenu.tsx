import { Button, Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { ChevronDown, KeyRound, LogOut, Monitor, Moon, Sun, LockKeyhole, Check } from 'lucide-react';
import { toastError } from '../components/Toasts.tsx';
import { useSession, useSignOut } from '../features/identity/api.ts';

const THEMES: { value: MantineColorScheme; label: string; icon: typeof Sun }[] = [
  { value: 'light', label: 'Light', icon: Sun }, { value: 'dark', label: 'Dark', icon: Moon }, { value: 'auto', label: 'As the system', icon: Monitor },
];

export function UserMenu() {
  const session = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const user = session.data?.user ?? '';
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="xs" px={8} rightSection={<ChevronDown size={13} aria-hidden />} aria-label={`User menu of ${user}`} styles={{ label: { maxWidth: 110 } }}>{user}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user}, {session.data?.role}</Menu.Label>
        <Menu.Item leftSection={<KeyRound size={14} aria-hidden />} onClick={() => { void navigate({ to: '/account' }); }}>My API keys</Menu.Item>
        <Menu.Item leftSection={<LockKeyhole size={14} aria-hidden />} onClick={() => { void navigate({ to: '/account', hash: 'password' }); }}>Set password</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {THEMES.map(({ value, label, icon: Icon }) => (
          <Menu.Item key={value} role="menuitemradio" aria-checked={colorScheme === value} closeMenuOnClick={false} leftSection={<Icon size={14} aria-hidden />}
            rightSection={colorScheme === value ? <Check size={14} aria-hidden /> : null} onClick={() => { setColorScheme(value); }}>{label}</Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={() => { signOut.mutate(undefined, { onError: toastError, onSuccess: () => { void navigate({ to: '/sign-in' }); } }); }}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
