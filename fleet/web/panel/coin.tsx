/** Coins and bills, drawn by code. */
import { faceText } from "./money-text.js";

interface MoneyProps {
  readonly valueMinor: number;
  readonly currency: string;
}

interface Metal {
  readonly face: string;
  readonly rim: string;
  readonly ink: string;
}

const COPPER: Metal = { face: "#d98f5c", rim: "#a65f31", ink: "#4a230c" };
const SILVER: Metal = { face: "#dbe2e6", rim: "#9aa8af", ink: "#2b383e" };
const GOLD: Metal = { face: "#f0cf6a", rim: "#b98f22", ink: "#4c3800" };

/** Fills its box. */
export function Coin({ valueMinor, currency }: MoneyProps) {
  const metal = valueMinor >= 100 ? GOLD : valueMinor < 5 ? COPPER : SILVER;
  return (
    <svg className="coin" viewBox="0 0 48 48" aria-hidden="true">
      <circle cx="24" cy="25" r="22" fill="#00000033" />
      <circle cx="24" cy="23.5" r="22" fill={metal.rim} />
      <circle cx="24" cy="23.5" r="22" fill="none" stroke="#00000040" strokeWidth="2" strokeDasharray="1.4 1.6" />
      <circle cx="24" cy="23.5" r="19" fill={metal.face} />
      <path d="M8 18a17 17 0 0 1 21-11" fill="none" stroke="#ffffffb0" strokeWidth="2.5" strokeLinecap="round" />
      <text x="24" y="29.5" textAnchor="middle" fontSize="16" fontWeight="800" fill={metal.ink}>
        {faceText(valueMinor, currency)}
      </text>
    </svg>
  );
}

/** Fills its box, 2.2 to 1. */
export function Bill({ valueMinor, currency }: MoneyProps) {
  const face = faceText(valueMinor, currency);
  return (
    <svg className="bill" viewBox="0 0 110 50" aria-hidden="true">
      <rect x="1" y="1" width="108" height="48" rx="4" fill="#cfe3c8" stroke="#5f8a5a" />
      <rect x="5" y="5" width="100" height="40" rx="2" fill="none" stroke="#5f8a5a" strokeWidth="1.5" />
      <path d="M12 40C30 20 46 44 62 25s28-12 38-16" fill="none" stroke="#8fb388" strokeWidth="1.2" />
      <ellipse cx="55" cy="25" rx="22" ry="15" fill="#e4f0df" stroke="#5f8a5a" strokeWidth="1.5" />
      <text x="55" y="31" textAnchor="middle" fontSize="17" fontWeight="800" fill="#1f4a24">
        {face}
      </text>
      <text x="12" y="17" fontSize="10" fontWeight="700" fill="#2f5c33">
        {face}
      </text>
      <text x="98" y="42" textAnchor="end" fontSize="10" fontWeight="700" fill="#2f5c33">
        {face}
      </text>
    </svg>
  );
}
