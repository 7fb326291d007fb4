/** `embedded:storage/flash` of the Moddable SDK 8.2, which the declarations on npm lack; as far as it is used. */
declare module "embedded:storage/flash" {
  interface Flash {
    close(): void;
    eraseBlock(start: number, end?: number): void;
    read(byteLength: number, byteOffset: number): ArrayBuffer;
    write(buffer: Uint8Array, byteOffset: number): void;
    status(): { size: number; blockLength: number; blocks: number };
  }

  const storage: { open(options: { path: string; mode?: "r" | "r+" }): Flash };
  export default storage;
}
