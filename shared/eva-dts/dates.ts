/** Unix seconds as EVA-DTS writes them, in UTC: YYMMDD and HHMM. By hand: the device's own zone is not ours. */

const DAY_S = 86_400;
/** Days of 400 years, and from 0000-03-01 to 1970-01-01: years that begin in March end with the leap day. */
const ERA_DAYS = 146_097;
const EPOCH_DAYS = 719_468;

/** "260131" for 31 January 2026. */
export function dateOf(wallS: number): string {
  const days = Math.floor(wallS / DAY_S) + EPOCH_DAYS;
  const era = Math.floor(days / ERA_DAYS);
  const dayOfEra = days - era * ERA_DAYS;
  const leaps = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return two(year) + two(month) + two(day);
}

/** "2359" for a minute to midnight. */
export function timeOf(wallS: number): string {
  const minutes = Math.floor((wallS % DAY_S) / 60);
  return two(Math.floor(minutes / 60)) + two(minutes % 60);
}

function two(number: number): string {
  return String(number % 100).padStart(2, "0");
}
