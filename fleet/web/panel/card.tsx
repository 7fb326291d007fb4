/** Cards, phones and the sign of a contactless reader, drawn by code. */

/** Fills its box, 2.2 to 1. */
export function BankCard() {
  return (
    <svg className="bill" viewBox="0 0 110 50" aria-hidden="true">
      <rect x="17" y="1" width="76" height="48" rx="6" fill="#274b8f" stroke="#152c5a" />
      <rect x="17" y="9" width="76" height="8" fill="#152c5a" />
      <rect x="24" y="23" width="14" height="11" rx="2" fill="#e6c766" stroke="#a4852b" />
      <path d="M78 24a8 8 0 0 1 0 11M82 21a13 13 0 0 1 0 17" fill="none" stroke="#d7e2f7" strokeWidth="2" />
      <path d="M24 42h34" stroke="#d7e2f7" strokeWidth="3" strokeDasharray="7 3" />
    </svg>
  );
}

/** Fills its box. */
export function Phone() {
  return (
    <svg className="coin" viewBox="0 0 48 48" aria-hidden="true">
      <rect x="13" y="2" width="22" height="44" rx="4" fill="#20262b" />
      <rect x="15" y="6" width="18" height="34" rx="1.5" fill="#8fd0ff" />
      <path d="M21 18a8 8 0 0 1 0 11M25 15a13 13 0 0 1 0 17" fill="none" stroke="#0b3d63" strokeWidth="2" />
      <circle cx="24" cy="43" r="1.5" fill="#8a969e" />
    </svg>
  );
}

/** The four waves on a reader. */
export function Contactless() {
  return (
    <svg className="contactless" viewBox="0 0 34 34" aria-hidden="true">
      <path
        d="M9 13a8 8 0 0 1 0 8M14 10a14 14 0 0 1 0 14M19 7a20 20 0 0 1 0 20M24 4a26 26 0 0 1 0 26"
        fill="none"
        stroke="#8fe0d2"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
    </svg>
  );
}
