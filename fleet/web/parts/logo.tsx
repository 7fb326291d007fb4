/** The mark: a spiral, as it turns in every machine. */

export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0e5a5a" />
      <path
        d="M16 16a3 3 0 0 1 3-3 6 6 0 0 1 0 12 9.5 9.5 0 0 1-9.5-9.5A9.5 9.5 0 0 1 19.5 6"
        fill="none"
        stroke="#ffc247"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
