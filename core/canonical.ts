/** What canonical JSON can hold. Numbers are safe integers: nothing that a ceremony records has a fraction. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [name: string]: JsonValue };

/** A value that has no canonical form was handed to the encoder: a mistake in the program, never one of a person. */
export class NotCanonicalError extends TypeError {
  readonly code = "not_canonical";
}

/**
 * The one way to write a value down (docs/transcript.md#a-line): no white space, members sorted by the code units of their
 * names, integers only, strings escaped as little as JSON allows. Hashes are taken over its UTF-8 bytes. It is the form
 * of RFC 8785 for values without fractions.
 *
 * @throws CanonicalFault for undefined, fractions, integers past 2^53, lone surrogates and anything that is not JSON
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new NotCanonicalError("a number is not a safe integer");
    return String(value === 0 ? 0 : value);
  }
  if (typeof value === "string") {
    // UTF-8 has no bytes for a lone surrogate: two different strings would get the same hash.
    if (!value.isWellFormed()) throw new NotCanonicalError("a string is not well-formed Unicode");
    return JSON.stringify(value);
  }
  if (isArray(value)) return `[${Array.from(value, (item) => canonicalJson(item)).join(",")}]`;
  if (!isPlain(value)) throw new NotCanonicalError("a value is not JSON");
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonicalJson(name)}:${canonicalJson(value[name] as JsonValue)}`);
  return `{${members.join(",")}}`;
}

/** The value of a line in canonical form, or undefined for anything else: other spacing, order, or a name twice. */
export function parseCanonical(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return canonicalJson(value) === text ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NotCanonicalError) return undefined;
    throw error;
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isArray(value);
}

// Array.isArray says `any[]` of a readonly array.
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Buffers, dates, maps and secrets have no canonical form, although each would come out as some object. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
