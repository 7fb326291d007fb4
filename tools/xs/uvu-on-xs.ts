/**
 * Stands in for `uvu` on XS: the same `suite` and `test`, hooks and context included, and one report per suite sent to
 * the Node side. It lives inside the bundle, so it uses nothing the device lacks: no console, no timers, no clock.
 */

import type { XsFailure, XsSuiteReport } from "./report.js";

declare const sendText: (text: string) => void;

type Context = Record<string, unknown>;
type Callback<T> = (context: T) => Promise<void> | void;
type NamedTest<T> = { readonly name: string; readonly handler: Callback<T> };
type Hook<T> = { (hook: Callback<T>): void; each(hook: Callback<T>): void };
type Suite<T> = {
  (name: string, handler: Callback<T>): void;
  only(name: string, handler: Callback<T>): void;
  skip(name?: string, handler?: Callback<T>): void;
  before: Hook<T>;
  after: Hook<T>;
  run(): void;
};
type Plan<T> = {
  readonly tests: NamedTest<T>[];
  readonly only: NamedTest<T>[];
  readonly before: Callback<T>[];
  readonly beforeEach: Callback<T>[];
  readonly after: Callback<T>[];
  readonly afterEach: Callback<T>[];
  skipped: number;
};

/** Suites run one after the other, in the order in which `run()` was called, after the module has been evaluated. */
const queue: { tail: Promise<void> } = { tail: Promise.resolve() };

/** A named suite; its tests share `context`. */
export function suite<T extends object = Context>(name = "", context?: T): Suite<T | Context> {
  const plan: Plan<T | Context> = {
    tests: [],
    only: [],
    before: [],
    beforeEach: [],
    after: [],
    afterEach: [],
    skipped: 0,
  };
  const state: T | Context = context ?? {};
  const hook = (once: Callback<T | Context>[], each: Callback<T | Context>[]): Hook<T | Context> =>
    Object.assign((callback: Callback<T | Context>) => void once.push(callback), {
      each: (callback: Callback<T | Context>) => void each.push(callback),
    });
  const add = (testName: string, handler: Callback<T | Context>): void =>
    void plan.tests.push({ name: testName, handler });
  return Object.assign(add, {
    only: (testName: string, handler: Callback<T | Context>) => void plan.only.push({ name: testName, handler }),
    skip: () => {
      plan.skipped += 1;
    },
    before: hook(plan.before, plan.beforeEach),
    after: hook(plan.after, plan.afterEach),
    run: () => {
      sendText(JSON.stringify({ queued: name }));
      queue.tail = queue.tail.then(() => runSuite(name, plan, state));
    },
  });
}

/** The nameless suite. */
export const test = suite();

async function runSuite<T>(name: string, plan: Plan<T>, state: T): Promise<void> {
  const chosen = plan.only.length > 0 ? plan.only : plan.tests;
  const skipped = plan.skipped + (plan.only.length > 0 ? plan.tests.length : 0);
  const failures: XsFailure[] = [];
  let passed = 0;
  try {
    await runAll(plan.before, state);
    for (const { name: testName, handler } of chosen) {
      const failure = await runTest(plan, handler, state);
      if (failure === undefined) {
        passed += 1;
      } else {
        failures.push({ test: testName, message: failure });
      }
    }
    await runAll(plan.after, state);
  } catch (error) {
    failures.push({ test: "(hook of the whole suite)", message: describe(error) });
  }
  const report: XsSuiteReport = { suite: name, total: chosen.length, passed, skipped, failures };
  sendText(JSON.stringify(report));
}

async function runTest<T>(plan: Plan<T>, handler: Callback<T>, state: T): Promise<string | undefined> {
  let failure: string | undefined;
  try {
    await runAll(plan.beforeEach, state);
    await handler(state);
  } catch (error) {
    failure = describe(error);
  }
  try {
    await runAll(plan.afterEach, state);
  } catch (error) {
    failure ??= describe(error);
  }
  return failure;
}

async function runAll<T>(hooks: readonly Callback<T>[], state: T): Promise<void> {
  for (const hook of hooks) {
    await hook(state);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return `thrown: ${String(error)}`;
  }
  const details = "details" in error && typeof error.details === "string" ? `\n${error.details}` : "";
  const calls = (error.stack ?? "").split("\n").filter((line) => line.startsWith(" at ") && line.includes("#"));
  return [`${error.name}: ${error.message}${details}`, ...calls].join("\n");
}
