import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  BIRTHDAY_MAX,
  birthdayDate,
  birthdayFromDate,
  birthdayFromUnix,
  birthdayUnix,
  GENESIS_UNIX,
} from "../../../ceremony/seed/birthday.ts";
import { error, okValue } from "./samples.ts";

describe("birthday", () => {
  const lastSecond = GENESIS_UNIX + (BIRTHDAY_MAX + 1) * 86_400 - 1;

  it("begins with the genesis block and ends on day 65535, 2188-06-08", () => {
    assert.equal(birthdayDate(0), "2009-01-03");
    assert.equal(birthdayDate(BIRTHDAY_MAX), "2188-06-08");
    assert.equal(okValue(birthdayFromUnix(GENESIS_UNIX)), 0);
    assert.equal(okValue(birthdayFromUnix(lastSecond)), BIRTHDAY_MAX);
  });

  it("refuses what lnd would wrap", () => {
    for (const unix of [GENESIS_UNIX - 1, 0, -1, lastSecond + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.deepEqual(error(birthdayFromUnix(unix)), { code: "birthday_out_of_range" }, String(unix));
    }
    assert.deepEqual(error(birthdayFromDate("2009-01-02")), { code: "birthday_out_of_range" });
    assert.deepEqual(error(birthdayFromDate("2188-06-09")), { code: "birthday_out_of_range" });
  });

  it("takes dates of the calendar in one form only", () => {
    for (const date of [
      "2025-02-29",
      "2025-13-01",
      "2025-00-10",
      "2025-1-1",
      "01.02.2025",
      "2025-01-01 ",
      "",
      "2025-01-1x",
    ]) {
      assert.deepEqual(error(birthdayFromDate(date)), { code: "birthday_not_a_date" }, date);
    }
    assert.equal(okValue(birthdayFromDate("2024-02-29")), okValue(birthdayFromUnix(Date.UTC(2024, 1, 29, 23) / 1000)));
  });

  it("comes back from date and time for every day there is", () => {
    for (let days = 0; days <= BIRTHDAY_MAX; days++) {
      assert.equal(okValue(birthdayFromUnix(birthdayUnix(days))), days);
      assert.equal(okValue(birthdayFromDate(birthdayDate(days))), days);
    }
  });

  it("never lies after the time it was made from, nor a day before it", () => {
    fc.assert(
      fc.property(fc.integer({ min: GENESIS_UNIX, max: lastSecond }), (unix) => {
        const ago = unix - birthdayUnix(okValue(birthdayFromUnix(unix)));
        assert.ok(ago >= 0 && ago < 86_400);
      }),
    );
  });
});
