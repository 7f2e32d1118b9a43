import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Imports go only to the right: app → features → components → lib; features do not know each other. */
const layer = (files, forbidden) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message: 'Imports go app → features → components → lib.' }] }] },
});

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/lib/generated.ts', 'public'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  hooks.configs.flat['recommended-latest'],
  { rules: { '@typescript-eslint/no-non-null-assertion': 'error', 'react-hooks/incompatible-library': 'off' } },
  layer(['src/lib/**'], ['**/components/*', '**/features/**', '**/app/**']),
  layer(['src/components/**'], ['**/features/**', '**/app/**']),
  layer(['src/features/**'], ['../*/*', '!../../**', '**/features/**', '**/app/**']),
);
