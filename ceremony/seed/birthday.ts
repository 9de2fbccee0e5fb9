import { fail, ok, type Result } from "../../core/result.ts";

/** lnd `aezeed.BitcoinGenesisDate`: the time in the header of the first block, 2009-01-03T18:15:05Z. */
export const GENESIS_UNIX = 1_231_006_505;
/** The birthday is a u16: day 65535 is 2188-06-08. */
export const BIRTHDAY_MAX = 65_535;

const DAY = 86_400;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

export type BirthdayError = { readonly code: "birthday_out_of_range" | "birthday_not_a_date" };

/**
 * Whole days from the genesis block to `unix` (seconds), for a new seed.
 *
 * lnd truncates toward zero and wraps modulo 65536 in silence: it makes day 65535 of the second before genesis, and of
 * a clock that runs far ahead a birthday in the past. Both are refused here.
 */
export function birthdayFromUnix(unix: number): Result<number, BirthdayError> {
  const days = Math.floor((unix - GENESIS_UNIX) / DAY);
  return isBirthday(days) ? ok(days) : fail({ code: "birthday_out_of_range" });
}

/** The birthday whose `birthdayDate` is this calendar day (UTC), written `YYYY-MM-DD`. */
export function birthdayFromDate(date: string): Result<number, BirthdayError> {
  const [, year, month, day] = DATE.exec(date) ?? [];
  // The time of day of the genesis block, so that the way back names the same calendar day.
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), 18, 15, 5);
  // Date.UTC carries 02-30 over into March: only what comes back unchanged was a date.
  if (Number.isNaN(time) || dateOf(time / 1000) !== date) return fail({ code: "birthday_not_a_date" });
  return birthdayFromUnix(time / 1000);
}

/** The moment that a birthday stands for, in unix seconds: what `lncli createwatchonly` asks for. */
export function birthdayUnix(days: number): number {
  return GENESIS_UNIX + days * DAY;
}

/** The calendar day (UTC) of a birthday, `YYYY-MM-DD`. */
export function birthdayDate(days: number): string {
  return dateOf(birthdayUnix(days));
}

/** Whether a number fits the birthday's two bytes. */
export function isBirthday(days: number): boolean {
  return Number.isInteger(days) && days >= 0 && days <= BIRTHDAY_MAX;
}

function dateOf(unix: number): string {
  return new Date(unix * 1000).toISOString().slice(0, 10);
}
