import { hexField, int } from "../table/fields.ts";

// Fields that records of several steps have.

/**
 * The format of what the steps record today, which the first line of a transcript names; format 1 did not name itself. It
 * goes up with each change of a record (`ceremony/transcript/format.ts`).
 */
export const RECORDS_VERSION = 2;

export const roundField = int(1, 255);

/** The public values by which a seed is known. */
export const nodeKeyFields = {
  nodeId: hexField(33),
  masterFingerprint: hexField(4),
  birthdayDays: int(0, 65535),
  internalVersion: int(1, 1),
};

// A plate of another seed deciphers too, and may hold any byte where lnd writes its version (`aezeed/cipherseed.go`).
export const restoredKeyFields = { ...nodeKeyFields, internalVersion: int(0, 255) };
