const EMPTY = Buffer.alloc(0);

/**
 * A request's body while it arrives. It copies: a piece of one byte would keep the whole buffer that it was read into
 * (64 KiB), so that a body sent byte by byte would hold thousands of times its size.
 */
export class RequestBody {
  readonly #max: number;
  #bytes: Buffer = EMPTY;
  #length = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** False when it is now too long; the piece is not kept then. */
  add(piece: Buffer): boolean {
    const length = this.#length + piece.length;
    if (length > this.#max) return false;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#max, Math.max(length, 2 * this.#bytes.length)));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = length;
    return true;
  }

  get length(): number {
    return this.#length;
  }

  /** All that came. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
