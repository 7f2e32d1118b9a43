/** Mark and name: a hull on its slipway. */
export function Brand() {
  return (
    <>
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="7" fill="#0f2a3d" />
        <path d="M5 24 27 16" stroke="#7fb7d6" strokeWidth="2.6" strokeLinecap="round" />
        <path d="M7 15.5 22 10l2.5 4.2c-3.6 3.4-8.3 5-13.2 5z" fill="#fff" />
      </svg>
      Slipway
    </>
  );
}
