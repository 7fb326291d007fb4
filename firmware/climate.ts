/**
 * Temperature and the food-safety lock: above 45 °F (NAMA; setting `tooWarmMilliC`) for longer than the pull-down time
 * nothing is sold until it has been cold again. Says when it is to be cooled; what a compressor bears is its driver's.
 */
import type { FaultName } from "../shared/faults.js";

/** How long it may be too warm before sales stop: a door stood open, a fresh load. NAMA allows 30 min. */
export const WARM_ALLOWED_MS = 1_800_000;
/** Below the limit by so much before the lock opens. */
export const HYSTERESIS_MILLI_C = 500;
/** Cooling begins so much below the limit, and ends so much below it: with 45 °F at 5.0 and 3.0 °C. */
export const COOL_FROM_BELOW_MILLI_C = 2_200;
export const COOL_TO_BELOW_MILLI_C = 4_200;

export interface ClimateState {
  /** Last reading, thousandths of a degree; undefined while the thermometer is silent. */
  readonly tempMilliC: number | undefined;
  /** Too warm since, ms; undefined while it is cold enough. */
  readonly warmSinceMs: number | undefined;
  readonly locked: boolean;
  /** As the compressor was last told. */
  readonly cooling: boolean | undefined;
}

export type ClimateInput =
  | { readonly on: "temperature"; readonly milliC: number | undefined }
  | { readonly on: "tick" };

export type ClimateEffect =
  | { readonly do: "fault"; readonly fault: FaultName; readonly present: boolean }
  /** As `CompressorPort.cool`; only when it changes. */
  | { readonly do: "compressor"; readonly on: boolean | undefined };

export const CLIMATE_AT_BOOT: ClimateState = Object.freeze<ClimateState>({
  tempMilliC: undefined,
  warmSinceMs: undefined,
  locked: false,
  cooling: false,
});

/**
 * The state at power-up. locked: it was too warm when power went. Then it stays locked, thermometer or not, until a
 * reading says that it is cold: pulling the plug opens no lock.
 */
export function climateAtBoot(locked: boolean, nowMs: number): ClimateState {
  return locked ? { ...CLIMATE_AT_BOOT, warmSinceMs: nowMs, locked } : CLIMATE_AT_BOOT;
}

export interface ClimateStep {
  readonly state: ClimateState;
  readonly effects: readonly ClimateEffect[];
}

export function stepClimate(state: ClimateState, input: ClimateInput, limitMilliC: number, nowMs: number): ClimateStep {
  if (input.on === "tick") return judge(state, nowMs, []);
  const effects: ClimateEffect[] = [{ do: "fault", fault: "thermometer", present: input.milliC === undefined }];
  const cooling = coolingFor(state, input.milliC, limitMilliC);
  if (cooling !== state.cooling) effects.push({ do: "compressor", on: cooling });
  if (input.milliC === undefined) return judge({ ...state, tempMilliC: undefined, cooling }, nowMs, effects);
  const { milliC } = input;
  const warmSinceMs =
    milliC > limitMilliC
      ? (state.warmSinceMs ?? nowMs)
      : milliC > limitMilliC - HYSTERESIS_MILLI_C
        ? state.warmSinceMs
        : undefined;
  return judge({ ...state, tempMilliC: milliC, warmSinceMs, cooling }, nowMs, effects);
}

/** Undefined: nobody knows how cold it is. Between the two marks it goes on as it is. */
function coolingFor(state: ClimateState, milliC: number | undefined, limitMilliC: number): boolean | undefined {
  if (milliC === undefined) return undefined;
  if (milliC >= limitMilliC - COOL_FROM_BELOW_MILLI_C) return true;
  return milliC > limitMilliC - COOL_TO_BELOW_MILLI_C && state.cooling !== false;
}

/** When the lock would close by time alone, absolute ms. */
export function climateDueMs(state: ClimateState): number {
  if (state.locked || state.warmSinceMs === undefined) return Infinity;
  return state.warmSinceMs + WARM_ALLOWED_MS;
}

function judge(state: ClimateState, nowMs: number, effects: ClimateEffect[]): ClimateStep {
  const locked = state.warmSinceMs !== undefined && (state.locked || nowMs - state.warmSinceMs >= WARM_ALLOWED_MS);
  if (locked !== state.locked) effects.push({ do: "fault", fault: "tooWarm", present: locked });
  return { state: { ...state, locked }, effects };
}
