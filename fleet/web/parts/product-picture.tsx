/** Pictures of products, drawn by code: our own, no files, sharp at every size. Decorative: names stand beside them. */
import type { ReactNode } from "react";
import { type Look, lookOf, type Motif, type Shape } from "./looks.js";

/** Fills its box; the product stands on the lower edge. */
export function ProductPicture({ name, category }: { readonly name: string; readonly category?: string }) {
  const look = lookOf(name, category);
  return (
    <svg className="picture" viewBox="0 0 80 112" preserveAspectRatio="xMidYMax meet" aria-hidden="true">
      {SHAPES[look.shape](look)}
    </svg>
  );
}

const SHAPES: { readonly [shape in Shape]: (look: Look) => ReactNode } = {
  bottle: ({ body, accent, motif }) => (
    <>
      <rect x="33" y="2" width="14" height="10" rx="2" fill={accent} />
      <rect x="32" y="11" width="16" height="4" rx="1.5" fill={accent} opacity="0.75" />
      <path
        d="M34 15h12v9c0 6 12 9 12 22v58a6 6 0 0 1-6 6H28a6 6 0 0 1-6-6V46c0-13 12-16 12-22z"
        fill={body}
        stroke="#00000026"
      />
      <path d="M22 92h36v12a6 6 0 0 1-6 6H28a6 6 0 0 1-6-6z" fill="#00000014" />
      <rect x="22" y="52" width="36" height="34" fill={accent} />
      <rect x="22" y="52" width="36" height="3" fill="#ffffff66" />
      <g transform="translate(40 69)">{MOTIFS[motif]("#ffffff", body)}</g>
      <path d="M27 46c0-9 8-12 9-20v84h-8a5 5 0 0 1-1-4z" fill="#ffffff59" />
    </>
  ),
  can: ({ body, accent, motif }) => (
    <>
      <path d="M22 26l4-7h28l4 7z" fill="#b9c3c8" />
      <ellipse cx="40" cy="19" rx="14" ry="3.2" fill="#e3e9ec" stroke="#97a4aa" />
      <ellipse cx="40" cy="19" rx="4.5" ry="1.3" fill="#97a4aa" />
      <path d="M20 28q20 4 40 0v74q-20 4-40 0z" fill={body} />
      <path d="M20 102q20 4 40 0l-4 7q-16 3-32 0z" fill="#aab5ba" />
      <g transform="translate(40 66) scale(1.25)">{MOTIFS[motif](accent, body)}</g>
      <path d="M24 29.5v73.3l6 .7V30.3z" fill="#ffffff66" />
      <path d="M52 30v73l8-1V28z" fill="#0000002e" />
      <path d="M20 28q20 4 40 0" fill="none" stroke="#ffffff80" strokeWidth="1.5" />
    </>
  ),
  bag: ({ body, accent, motif }) => (
    <>
      <path d="M14 24l4-5 4 5 4-5 4 5 4-5 4 5 4-5 4 5 4-5 4 5 4-5 4 5 4-5v8H14z" fill={body} />
      <path d="M14 26h52c-2 10 2 18 2 36s-4 28-2 40H14c2-12-2-22-2-40s4-26 2-36z" fill={body} />
      <path d="M14 102h52v6l-4-4-4 4-4-4-4 4-4-4-4 4-4-4-4 4-4-4-4 4-4-4-4 4-4-4z" fill={body} />
      <path d="M14 24h52v5H14zM14 99h52v4H14z" fill="#00000026" />
      <ellipse cx="40" cy="64" rx="21" ry="23" fill="#ffffffe0" />
      <g transform="translate(40 64) scale(1.45)">{MOTIFS[motif](accent, body)}</g>
      <path d="M17 30c-2 12 2 20 0 34s2 22 0 33h6c2-14-1-22 0-34s-2-22 1-33z" fill="#ffffff52" />
      <path d="M63 30c-2 12 2 20 1 34s-4 22-2 33h3c-1-14 2-18 2-33s-4-22-1-33z" fill="#00000024" />
    </>
  ),
  bar: ({ body, accent, motif }) => (
    <g transform="rotate(5 40 108)">
      <path d="M27 16l3 4 3.3-4 3.3 4 3.4-4 3.3 4 3.3-4 3.4 4 3-4v10H27z" fill={accent} />
      <path d="M27 110l3-4 3.3 4 3.3-4 3.4 4 3.3-4 3.3 4 3.4-4 3 4v-9H27z" fill={accent} />
      <path d="M27 24h26c2 14 2 62 0 79H27c-2-17-2-65 0-79z" fill={body} />
      <path d="M27 24h26v4H27zM27 99h26v4H27z" fill="#0000002e" />
      <g transform="translate(40 63) scale(1.2)">{MOTIFS[motif](accent, body)}</g>
      <path d="M29 26c-1.5 18-1.5 56 0 75h5c-1.5-20-1.5-56 0-75z" fill="#ffffff4d" />
    </g>
  ),
  gum: ({ body, accent, motif }) => (
    <>
      <path d="M24 50l4-20h5l-2 20zM34 50l1-24h6l-1 24zM44 50l0-21h6l1 21z" fill="#e7edf0" stroke="#9fadb3" />
      <path d="M35.5 32h5.5M28 35h4.5M44 35h6" stroke={body} strokeWidth="2" />
      <rect x="18" y="46" width="44" height="64" rx="5" fill={body} />
      <path d="M18 58h44" stroke="#0000002e" strokeWidth="2" />
      <rect x="18" y="70" width="44" height="26" fill={accent} opacity="0.95" />
      <g transform="translate(40 83)">{MOTIFS[motif](body, accent)}</g>
      <rect x="22" y="48" width="6" height="60" rx="3" fill="#ffffff4d" />
    </>
  ),
};

/** Drawn around the origin, within ±14. `ink` on a ground of `ground`. */
const MOTIFS: { readonly [motif in Motif]: (ink: string, ground: string) => ReactNode } = {
  chips: (ink) => (
    <g fill="#f4c95d" stroke={ink} strokeWidth="1">
      <ellipse cx="-5" cy="-4" rx="8" ry="5.5" transform="rotate(-24)" />
      <ellipse cx="5" cy="3" rx="8" ry="5.5" transform="rotate(18)" />
      <ellipse cx="-3" cy="8" rx="7" ry="4.5" transform="rotate(-8)" />
    </g>
  ),
  pretzel: () => (
    <path
      d="M0 8C-6 2-11-1-11-6c0-4 6-5 8-1C-1-3 3 3 7 9M0 8C6 2 11-1 11-6c0-4-6-5-8-1C1-3-3 3-7 9M-7 9c4 3 10 3 14 0"
      fill="none"
      stroke="#8a4b1f"
      strokeWidth="3.2"
      strokeLinecap="round"
    />
  ),
  nuts: () => (
    <>
      <path d="M-9 3c-3-5 2-11 6-8s2 10-1 11-4-1-5-3z" fill="#a9713a" />
      <ellipse cx="6" cy="-4" rx="6" ry="4" transform="rotate(30 6 -4)" fill="#d9b382" />
      <circle cx="4" cy="7" r="4" fill="#7a2e3b" />
      <ellipse cx="-4" cy="10" rx="3.5" ry="2.2" fill="#e3a63a" />
    </>
  ),
  blocks: (ink) => (
    <g fill={ink}>
      <rect x="-8" y="-16" width="7" height="9" rx="1.5" />
      <rect x="1" y="-16" width="7" height="9" rx="1.5" />
      <rect x="-8" y="-5" width="7" height="9" rx="1.5" />
      <rect x="1" y="-5" width="7" height="9" rx="1.5" />
      <rect x="-8" y="6" width="7" height="9" rx="1.5" />
      <rect x="1" y="6" width="7" height="9" rx="1.5" />
    </g>
  ),
  mint: (ink) => (
    <path d="M0 9C-9 7-11-3-6-10 3-9 9-2 6 6M0 9C0 2-2-4-6-10" fill="none" stroke={ink} strokeWidth="2.4" />
  ),
  bubbles: (ink) => (
    <g fill="none" stroke={ink} strokeWidth="1.8">
      <circle cx="-5" cy="5" r="5" />
      <circle cx="6" cy="-1" r="3.6" />
      <circle cx="-3" cy="-8" r="2.6" />
    </g>
  ),
  drop: (ink) => <path d="M0-11C5-4 8 0 8 4A8 8 0 0 1-8 4C-8 0-5-4 0-11z" fill={ink} />,
  lemon: (ink, ground) => (
    <>
      <circle r="12" fill="#fffbe2" />
      <circle r="9.5" fill={ground} stroke="#e0a800" />
      <path d="M0-9V9M-8-4.5 8 4.5M-8 4.5 8-4.5" stroke="#fffbe2" strokeWidth="1.6" />
      <path d="M3-12c4-5 9-5 11-4-1 4-6 7-11 4z" fill={ink} />
    </>
  ),
  wave: (ink) => (
    <>
      <path d="M-16-6C-8-14-2 2 6-5c4-3.5 7-5 10-4v7C12-3 9-1 5 2-4 8-8-6-16 1z" fill={ink} />
      <path d="M-16 8C-8 2-3 13 5 7c4-3 8-4 11-3v3c-4-1-7 1-11 4C-4 17-9 5-16 11z" fill={ink} opacity="0.55" />
    </>
  ),
  leaf: (ink) => (
    <>
      <path d="M-9 9C-12-3-3-11 10-11 11 3 3 11-9 9z" fill={ink} />
      <path d="M-12 12C-7 4-1-1 6-7" fill="none" stroke="#00000059" strokeWidth="1.6" />
    </>
  ),
  dots: (ink) => (
    <g fill={ink}>
      <circle cx="-6" cy="-6" r="3" />
      <circle cx="6" cy="-2" r="4" />
      <circle cx="-3" cy="7" r="3.5" />
    </g>
  ),
};
