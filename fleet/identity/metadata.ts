/**
 * Lets `@peculiar/x509` load: it is wired by tsyringe, which refuses to without the metadata of TypeScript's decorators
 * on `Reflect`. No class it wires has any, so "there is none" is the whole answer. Import this before it.
 */
for (const name of ["getMetadata", "getOwnMetadata"]) {
  if (!(name in Reflect)) {
    Object.defineProperty(Reflect, name, { value: () => undefined, writable: true, configurable: true });
  }
}
