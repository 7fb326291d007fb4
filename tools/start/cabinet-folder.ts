/**
 * What a virtual cabinet keeps without power, in a folder: its flash, its coins and bills, its products. Written whole and
 * renamed into place, so that a killed process leaves the old state or the new one.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";

/** Counts of things in the cabinet: coins by type, bills by value in minor units, products by slot. */
const Contents = Type.Object({
  tubes: Type.Array(Type.Integer({ minimum: 0 })),
  stackerBills: Type.Array(Type.Integer({ minimum: 0 })),
  cashBoxMinor: Type.Integer({ minimum: 0 }),
  columns: Type.Array(Type.Integer({ minimum: 0 })),
});
export type Contents = Static<typeof Contents>;

export class CabinetFolder {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  /** A flash image, or undefined if there is none of that size. */
  readFlash(name: string, bytes: number): Uint8Array | undefined {
    const image = this.read(`${name}.flash`);
    return image?.length === bytes ? image : undefined;
  }

  writeFlash(name: string, image: Uint8Array): void {
    this.write(`${name}.flash`, image);
  }

  readContents(): Contents | undefined {
    const text = this.read("contents.json")?.toString();
    if (text === undefined) return undefined;
    const value: unknown = JSON.parse(text);
    return Value.Check(Contents, value) ? value : undefined;
  }

  writeContents(contents: Contents): void {
    this.write("contents.json", JSON.stringify(contents));
  }

  private read(name: string): Buffer | undefined {
    try {
      return readFileSync(join(this.path, name));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  private write(name: string, content: string | Uint8Array): void {
    const path = join(this.path, name);
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  }
}
