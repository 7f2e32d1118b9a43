/** Kinds of GPU that a deployment can ask for. */
export const GPU_TYPES = ['T4', 'L4', 'A10G', 'V100', 'A100', 'A100_40GB', 'H100', 'H100_40GB', 'H200', 'B200', 'L40S', 'B300', 'GB300', 'RTX_PRO_6000'];
