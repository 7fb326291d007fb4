/**
 * Node's module hooks for tests of what a board's manifest starts: the SDK's modules, and our classes in native C, are
 * those that the test has put into `globalThis` (modules.ts). Only for importers below `firmware/`: Node has a `net`
 * and a `time` of its own.
 */
import type { LoadHook, ResolveHook } from "node:module";
import { NATIVE_MODULES, SDK_MODULES } from "./names.js";

const SCHEME = "sdk:";

export const resolve: ResolveHook = (specifier, context, next) => {
  const ours = context.parentURL?.includes("/firmware/") === true;
  const name = ours ? nameOf(specifier) : undefined;
  return name === undefined ? next(specifier, context) : { url: `${SCHEME}${name}`, shortCircuit: true };
};

export const load: LoadHook = (url, context, next) => {
  if (!url.startsWith(SCHEME)) return next(url, context);
  const name = url.slice(SCHEME.length);
  const names = Object.hasOwn(SDK_MODULES, name) ? SDK_MODULES[name] : NATIVE_MODULES[name];
  const from = `globalThis[Symbol.for("spiral.test.sdk")]?.[${JSON.stringify(name)}]`;
  const lines = [`const it = ${from};`, `if (it === undefined) throw new Error(${JSON.stringify(`no ${name} here`)});`];
  for (const exported of names ?? []) {
    lines.push(exported === "default" ? "export default it.default;" : `export const ${exported} = it.${exported};`);
  }
  return { format: "module", source: lines.join("\n"), shortCircuit: true };
};

/** A module of the SDK by its own name, one of ours in native C by its file's. */
function nameOf(specifier: string): string | undefined {
  if (Object.hasOwn(SDK_MODULES, specifier)) return specifier;
  const native = /(?:^|\/)native\/([a-z-]+)\.js$/.exec(specifier)?.[1];
  return native !== undefined && Object.hasOwn(NATIVE_MODULES, native) ? native : undefined;
}
