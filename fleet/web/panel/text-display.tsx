/** The display as a machine without a graphic panel has it: two lines of letters, their pages turning by themselves. */
import { useEffect, useState } from "react";
import type { TextPanel } from "./contract.js";

const EMPTY = ["", ""] as const;

export function TextDisplay({ text, dark }: { readonly text: TextPanel; readonly dark: boolean }) {
  const { columns, pages, pageMs } = text;
  const at = useTurning(dark ? "" : JSON.stringify(pages), pages.length, pageMs);
  const page = dark ? EMPTY : (pages[at] ?? EMPTY);
  return (
    <div className="display text-display" data-testid="text-display">
      <output className="text-lines" aria-label="Display" data-testid="display">
        <span className="unseen">{page.join(" ").trim()}</span>
        {page.map((line, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row of the display is nothing but its place
          <Line key={row} line={line} columns={columns} />
        ))}
      </output>
      <p className="text-pages">
        {dark || pages.length < 2 ? "" : `Page ${Math.min(at, pages.length - 1) + 1} of ${pages.length}`}
      </p>
    </div>
  );
}

/** A letter a cell, as the glass has them. */
function Line({ line, columns }: { readonly line: string; readonly columns: number }) {
  const cells = Array.from(line.padEnd(columns));
  return (
    <span className="text-line" aria-hidden="true" style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
      {cells.map((letter, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell of the display is nothing but its place
        <b key={column}>{letter}</b>
      ))}
    </span>
  );
}

/** Which of `count` pages is up: the first whenever `what` is shown becomes another, the next every `pageMs`. */
function useTurning(what: string, count: number, pageMs: number): number {
  const [turned, setTurned] = useState({ what, at: 0 });
  useEffect(() => {
    setTurned({ what, at: 0 });
    if (count < 2) return;
    const timer = setInterval(() => setTurned(({ at }) => ({ what, at: (at + 1) % count })), pageMs);
    return () => clearInterval(timer);
  }, [what, count, pageMs]);
  return turned.what === what ? turned.at : 0;
}
