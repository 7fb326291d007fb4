/** Instants as people read them: in the location's time zone, or as time gone by. The present is handed in. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Clocks of server and browser differ by a little; below this nobody counts. */
const NOW_MS = 10 * SECOND_MS;

/** "just now", "42 s ago", "5 min ago", "3 h ago", "2 days ago". An instant in the future counts as now. */
export function agoText(instant: string, nowMs: number): string {
  const goneMs = nowMs - Date.parse(instant);
  if (Number.isNaN(goneMs)) return "unknown";
  if (goneMs < NOW_MS) return "just now";
  if (goneMs < MINUTE_MS) return `${Math.floor(goneMs / SECOND_MS)} s ago`;
  if (goneMs < HOUR_MS) return `${Math.floor(goneMs / MINUTE_MS)} min ago`;
  if (goneMs < DAY_MS) return `${Math.floor(goneMs / HOUR_MS)} h ago`;
  const days = Math.floor(goneMs / DAY_MS);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

/** "23 Nov 2025, 14:02:09 EST". `zone` is an IANA name; an unknown one is taken as UTC. */
export function exactTime(instant: string, zone: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "unknown";
  return `${dayText(date, zone, true)}, ${clockText(date, zone)} ${zoneName(date, zone)}`;
}

/** "14:02:09" if that is today in `zone`, else "22 Nov, 14:02:09". */
export function shortTime(instant: string, zone: string, nowMs: number): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "unknown";
  const clock = clockText(date, zone);
  const isToday = dayText(date, zone, true) === dayText(new Date(nowMs), zone, true);
  return isToday ? clock : `${dayText(date, zone, false)}, ${clock}`;
}

/** "2 d 3 h", "3 h 12 min", "12 min", "40 s". */
export function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** How the zone is called then: "EST", "GMT+5:45". */
export function zoneName(date: Date, zone: string): string {
  const parts = format("en-US", zone, { timeZoneName: "short" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "UTC";
}

function clockText(date: Date, zone: string): string {
  return format("en-GB", zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date);
}

function dayText(date: Date, zone: string, withYear: boolean): string {
  return format("en-GB", zone, { day: "numeric", month: "short", ...(withYear ? { year: "numeric" } : {}) }).format(
    date,
  );
}

function format(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  }
}
