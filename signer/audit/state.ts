import { type AuditRecord, type DurableState, dayOf } from "./record.ts";

/**
 * The policy's memory, as the log keeps it: folded from the records in their order, and written into every checkpoint
 * so that a start reads one segment and not the whole log.
 */
export class StateFold {
  #nonce: bigint;
  #address: number;
  #day: number;
  #signed: Map<string, number>;

  constructor(state: DurableState = { nonce: "0", address: -1, day: 0, signed: {} }) {
    this.#nonce = BigInt(state.nonce);
    this.#address = state.address;
    this.#day = state.day;
    this.#signed = new Map(Object.entries(state.signed));
  }

  /** One signature, at a time in milliseconds since 1970. */
  signed(client: string, unixMs: number, nonce: bigint | undefined, address: number | undefined): void {
    const day = dayOf(unixMs);
    if (day > this.#day) {
      this.#day = day;
      this.#signed.clear();
    }
    this.#signed.set(client, (this.#signed.get(client) ?? 0) + 1);
    if (nonce !== undefined && nonce > this.#nonce) this.#nonce = nonce;
    if (address !== undefined && address > this.#address) this.#address = address;
  }

  /** One record that was read back. */
  record(record: AuditRecord): void {
    if ("event" in record || record.decision !== "signed") return;
    const nonce = record.nonce === undefined ? undefined : BigInt(record.nonce);
    this.signed(record.client, Date.parse(record.time), nonce, record.address);
  }

  state(): DurableState {
    const signed = Object.fromEntries(this.#signed);
    return { nonce: this.#nonce.toString(), address: this.#address, day: this.#day, signed };
  }
}

export function sameState(a: DurableState, b: DurableState): boolean {
  const names = Object.keys(a.signed);
  return (
    a.nonce === b.nonce &&
    a.address === b.address &&
    a.day === b.day &&
    names.length === Object.keys(b.signed).length &&
    names.every((name) => a.signed[name] === b.signed[name])
  );
}
