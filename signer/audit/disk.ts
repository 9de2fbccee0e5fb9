import { DISK_EVERY_MS, RATE_HALF_LIFE_MS, WARN_BYTES, WARN_SECONDS } from "./limits.ts";

/** How the disk stands. */
export interface DiskReport {
  /** Bytes that the signer's user may still write. */
  readonly freeBytes: number;
  readonly reserveBytes: number;
  /** Mean of the last minutes. */
  readonly bytesPerSecond: number;
  /** Until the reserve is reached, at that rate: 0 below it; Infinity while nothing is written. */
  readonly secondsLeft: number;
  /** `refuse`: below the reserve, appends are refused until there is room again. */
  readonly level: "ok" | "warn" | "refuse";
}

/** Watches the room on the disk and the rate at which the log takes it. Asks the disk and the clock through functions. */
export class DiskWatch {
  readonly #free: () => number;
  readonly #reserve: number;
  #askedAt = Number.NEGATIVE_INFINITY;
  #freeBytes = 0;
  #rate = 0;
  #written = 0;

  /** @param free the free bytes of the disk */
  constructor(free: () => number, reserveBytes: number) {
    this.#free = free;
    this.#reserve = reserveBytes;
  }

  wrote(bytes: number): void {
    this.#written += bytes;
  }

  /** False below the reserve. Asks the disk once a second at most. @param nowMs a clock that only goes forward */
  hasRoom(nowMs: number): boolean {
    const passed = nowMs - this.#askedAt;
    if (passed >= DISK_EVERY_MS) {
      this.#freeBytes = this.#free();
      if (passed !== Number.POSITIVE_INFINITY) {
        const weight = 1 - 0.5 ** (passed / RATE_HALF_LIFE_MS);
        this.#rate += weight * ((this.#written * 1000) / passed - this.#rate);
      }
      this.#written = 0;
      this.#askedAt = nowMs;
    }
    return this.#freeBytes >= this.#reserve;
  }

  report(nowMs: number): DiskReport {
    const room = this.hasRoom(nowMs);
    const left = Math.max(0, this.#freeBytes - this.#reserve);
    // No room is no time, also where nothing is written any more because there is none.
    const secondsLeft = left === 0 ? 0 : this.#rate > 0 ? left / this.#rate : Number.POSITIVE_INFINITY;
    const soon = secondsLeft < WARN_SECONDS || this.#freeBytes < Math.min(WARN_BYTES, 16 * this.#reserve);
    return {
      freeBytes: this.#freeBytes,
      reserveBytes: this.#reserve,
      bytesPerSecond: this.#rate,
      secondsLeft,
      level: room ? (soon ? "warn" : "ok") : "refuse",
    };
  }
}
