import type { SecretInfo } from '../features/deployments/secrets.ts';
import { ago } from './data.ts';

/** One secret as the Contracts have it: without its value. */
export const aSecret = (change: Partial<SecretInfo> = {}): SecretInfo => ({
  name: 'HUB_TOKEN', environment: 'production', version: 3, used_by: ['production/iris'], created_by: 'ada', created_at: ago(86_400 * 9), updated_by: 'grace', updated_at: ago(7_200), etag: '"3"', ...change,
});
