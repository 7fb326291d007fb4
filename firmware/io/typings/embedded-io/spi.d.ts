/**
 * `embedded:io/spi` as the Moddable SDK 8.2.3 has it (modules/io/spi): pins and hosts are numbers, and it can be
 * closed, which the declarations on npm leave out.
 */
declare module "embedded:io/spi" {
  interface SPIOptions {
    out?: number;
    in?: number;
    clock: number;
    select?: number;
    active?: 1 | 0;
    hz: number;
    mode?: 0 | 1 | 2 | 3;
    port?: number;
  }

  class SPI {
    constructor(options: SPIOptions);
    transfer(bytes: Uint8Array): void;
    flush(deselect?: boolean): void;
    close(): void;
  }

  export default SPI;
}
