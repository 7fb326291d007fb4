/** `embedded:storage/key-value` of the Moddable SDK 8.2, which the declarations on npm lack; as far as it is used. */
declare module "embedded:storage/key-value" {
  interface Storage {
    close(): void;
    read(key: string): unknown;
    write(key: string, value: Uint8Array): void;
  }

  const storage: { open(options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): Storage };
  export default storage;
}
