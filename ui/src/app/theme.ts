import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** Ink: the one accent, so that colour is left to states. */
const ink: MantineColorsTuple = ['#f4f5f6', '#e6e8ea', '#d0d4d8', '#b0b6bd', '#8a929b', '#68717a', '#4f5861', '#394149', '#232930', '#14181c'];

const dark: MantineColorsTuple = ['#eceef0', '#c9cdd2', '#a0a6ad', '#9097a0', '#3a3e44', '#2a2d31', '#1f2226', '#181a1d', '#131517', '#0d0f10'];

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 1 },
  colors: { ink, dark },
  // Ink is dark on light ground and light on dark ground; so is its contrary, which Mantine takes to be white always.
  variantColorResolver: (input) => ({
    ...defaultVariantColorsResolver(input),
    ...(input.variant === 'filled' && (input.color === undefined || input.color === 'ink') ? { color: 'var(--mantine-primary-color-contrast)' } : {}),
  }),
  defaultRadius: 6,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', 'DejaVu Sans', sans-serif",
  fontFamilyMonospace: 'var(--sw-mono)',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Input: { defaultProps: { size: 'sm' } },
    InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    Button: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { transitionProps: { duration: 120 }, closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 }, closeButtonProps: { 'aria-label': 'Close' } } },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 80 } } },
  },
});

/** Mantine's own tokens where they fall short of AA, or of ours. */
const shared = { '--mantine-color-dimmed': 'var(--sw-dim)', '--mantine-color-error': 'var(--sw-broken)', '--mantine-color-text': 'var(--sw-text)', '--mantine-color-body': 'var(--sw-surface)' };
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...shared, '--mantine-primary-color-contrast': '#ffffff', '--mantine-color-placeholder': '#6b7178' },
  dark: { ...shared, '--mantine-primary-color-contrast': '#14181c', '--mantine-color-placeholder': '#9097a0' },
});
