import { type AuditRecord, type DurableState, recordDay } from "./record.ts";

/**
 * The policy's memory, as the log keeps it: folded from the records in their order, and written into every checkpoint
 * so that a start reads one segment and not the whole log.
 */
export class StateFold {
  #nonce: bigint;
  #address: number;
  #from: number;
  #day: number;
  #signed: Map<string, number>;
  #nonces: Map<string, bigint>;

  constructor(state: DurableState = { nonce: "0", address: -1, from: -1, day: 0, signed: {}, nonces: {} }) {
    this.#nonce = BigInt(state.nonce);
    this.#address = state.address;
    this.#from = state.from ?? state.address;
    this.#day = state.day;
    this.#signed = new Map(Object.entries(state.signed));
    // A log of before: who signed on that day did so with the highest nonce of all, or a lower one.
    const nonces = state.nonces ?? Object.fromEntries(Object.keys(state.signed).map((name) => [name, state.nonce]));
    this.#nonces = new Map(Object.entries(nonces).map(([name, nonce]) => [name, BigInt(nonce)]));
  }

  /** One signature, at a time in milliseconds since 1970. */
  signed(client: string, unixMs: number, nonce: bigint | undefined, address: number | undefined): void {
    const day = recordDay(unixMs);
    if (day > this.#day) {
      this.#day = day;
      this.#signed.clear();
      this.#from = this.#address;
    }
    this.#signed.set(client, (this.#signed.get(client) ?? 0) + 1);
    if (nonce !== undefined && nonce > this.#nonce) this.#nonce = nonce;
    if (nonce !== undefined && nonce > (this.#nonces.get(client) ?? 0n)) this.#nonces.set(client, nonce);
    if (address !== undefined && address > this.#address) this.#address = address;
  }

  /** A person set which address comes next. */
  setNext(next: number): void {
    this.#address = next - 1;
    this.#from = next - 1;
  }

  /** A person set back what a wrong clock had signed. What was signed of that day counts for this one. */
  setBack(toMs: number): void {
    const nonce = BigInt(toMs) * 1_000n;
    if (this.#nonce > nonce) this.#nonce = nonce;
    for (const [name, highest] of this.#nonces) if (highest > nonce) this.#nonces.set(name, nonce);
    this.#day = Math.min(this.#day, recordDay(toMs));
  }

  /** One record that was read back. */
  record(record: AuditRecord): void {
    if ("event" in record) {
      if (record.event === "address") this.setNext(record.next);
      if (record.event === "clock") this.setBack(record.to);
      return;
    }
    if (record.decision !== "signed") return;
    const nonce = record.nonce === undefined ? undefined : BigInt(record.nonce);
    this.signed(record.client, Date.parse(record.time), nonce, record.address);
  }

  state(): DurableState {
    const signed = Object.fromEntries(this.#signed);
    const nonces = Object.fromEntries([...this.#nonces].map(([name, nonce]) => [name, nonce.toString()]));
    const [address, from, day] = [this.#address, this.#from, this.#day];
    return { nonce: this.#nonce.toString(), address, from, day, signed, nonces };
  }
}

/** Whether a checkpoint says what its records give. One of before version 0.2 says less, and is compared in that. */
export function sameState(folded: DurableState, written: DurableState): boolean {
  return (
    folded.nonce === written.nonce &&
    folded.address === written.address &&
    (written.from === undefined || folded.from === written.from) &&
    folded.day === written.day &&
    sameMembers(folded.signed, written.signed) &&
    (written.nonces === undefined || sameMembers(folded.nonces ?? {}, written.nonces))
  );
}

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
