/**
 * `embedded:io/digital` as the Moddable SDK 8.2 has it: modes are numbers. The declarations on npm are of an older one
 * that calls them unknown.
 */
declare module "embedded:io/digital" {
  interface DigitalOptions {
    pin: number;
    mode: number;
    edge?: number;
    onReadable?: () => void;
  }

  class Digital {
    static readonly Input: number;
    static readonly InputPullUp: number;
    static readonly InputPullDown: number;
    static readonly Output: number;
    static readonly OutputOpenDrain: number;
    static readonly Rising: number;
    static readonly Falling: number;
    constructor(options: DigitalOptions);
    read(): 0 | 1;
    write(value: 0 | 1): void;
    close(): void;
  }

  export default Digital;
}
