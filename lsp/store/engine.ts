import type { Dialect } from "kysely";
import type { StoreError } from "./errors.ts";

/** A statement that connections prepare once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Rows as arrays, in the order of the columns. `bigint` for int8 and whole numerics, `Uint8Array` for bytea. */
export type DatabaseRows = readonly (readonly unknown[])[];

export type Run = (text: string, values?: readonly string[]) => Promise<DatabaseRows>;

/** What the two kinds of database have in common. Their functions reject with the errors of their drivers. */
export interface Engine {
  readonly kind: "postgres" | "pglite";
  /** For effects and for reading. */
  readonly dialect: Dialect;
  /** What is wrong with the way to it, if anything is. */
  inspect(): Promise<StoreError | undefined>;
  /** One statement that is a transaction of its own, on a connection that no effect can hold. */
  run(statement: Statement, values: readonly string[]): Promise<DatabaseRows>;
  /** A transaction of its own with the deadline of migrations. */
  alone<T>(work: (run: Run) => Promise<T>): Promise<T>;
  /** Ends what the dialect does not end itself. */
  close(): Promise<void>;
}
