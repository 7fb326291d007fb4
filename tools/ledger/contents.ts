/** What lies on a ledger's flash before any of it is opened: whose ledgers, which epochs, which layouts. */
import { type BlockHeader, LAYOUT_VERSION, type LedgerOwner } from "../../firmware/ledger/header.js";
import { headerOf, layoutAt } from "../../firmware/ledger/survey.js";
import { BLOCK_BYTES, SimFlash } from "../bench/flash.js";

/** The ledger of one machine in one epoch. */
export interface LedgerInside extends LedgerOwner {
  /** With a readable header, in force or not. */
  readonly blocks: number;
  /** Header of its newest block. */
  readonly newest: BlockHeader;
}

export interface Contents {
  /** A copy of the part. */
  readonly flash: SimFlash;
  /** Newest first. */
  readonly ledgers: readonly LedgerInside[];
  /** Blocks of layouts that this program cannot read, by version. */
  readonly layouts: ReadonlyMap<number, number>;
}

/** `bytes`: a ledger's partition as it is on flash; undefined if they are not whole blocks. */
export function contentsOf(bytes: Uint8Array): Contents | undefined {
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0) return undefined;
  const blocks = bytes.length / BLOCK_BYTES;
  const flash = new SimFlash({ blocks });
  const unstable = new Array<undefined>(blocks).fill(undefined);
  flash.restore({ bytes, unstable, wear: new Array<number>(blocks).fill(0) });
  const ledgers: LedgerInside[] = [];
  const layouts = new Map<number, number>();
  for (let place = 0; place < blocks; place++) {
    const header = headerOf(flash, place);
    const layout = header === undefined ? layoutAt(flash, place) : undefined;
    if (layout !== undefined) layouts.set(layout, (layouts.get(layout) ?? 0) + 1);
    if (header !== undefined) add(ledgers, header);
  }
  ledgers.sort((a, b) => b.newest.number - a.newest.number);
  return { flash, ledgers, layouts };
}

/** What is on the flash that keeps a machine with this firmware from going on with it; undefined if nothing. */
export function layoutTrouble({ layouts }: Contents): string | undefined {
  if (layouts.size === 0) return undefined;
  const which = [...layouts].map(([layout, blocks]) => `${countOf(blocks)} of layout ${layout}`).join(", ");
  return `${which}, and this version of Spiral reads layout ${LAYOUT_VERSION} only`;
}

export function countOf(blocks: number): string {
  return blocks === 1 ? "1 block" : `${blocks} blocks`;
}

function add(ledgers: LedgerInside[], header: BlockHeader): void {
  const { machine, epoch } = header;
  const i = ledgers.findIndex((known) => isOf(known, header));
  const known = ledgers[i];
  if (known === undefined) ledgers.push({ machine, epoch, blocks: 1, newest: header });
  else {
    const newest = header.number > known.newest.number ? header : known.newest;
    ledgers[i] = { machine, epoch, blocks: known.blocks + 1, newest };
  }
}

export function isOf(a: LedgerOwner, b: LedgerOwner): boolean {
  return a.machine === b.machine && a.epoch === b.epoch;
}
