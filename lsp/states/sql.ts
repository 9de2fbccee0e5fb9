import type { Machine } from "./machine.ts";

/** The states as SQL has them in a CHECK: `'a', 'b'`. */
export function statusList({ states }: Machine): string {
  return Object.keys(states)
    .map((state) => `'${state}'`)
    .join(", ");
}

/**
 * Statements that make the database refuse every move that the table does not have, whoever asks for it: a trigger that
 * looks at each insert and at each change of `status`. Made again for a database that had an older table.
 *
 * The error is a `check_violation` (23514) whose constraint is `TABLE_moves`, so that it is told apart like any other.
 */
export function moveTrigger(machine: Machine): readonly string[] {
  const { table } = machine;
  const begins = Object.keys(machine.begins).map((state) => `'${state}'`);
  const moves = Object.entries(machine.moves).flatMap(([from, to]) =>
    Object.keys(to).map((state) => `('${from}', '${state}')`),
  );
  return [
    `CREATE OR REPLACE FUNCTION ${table}_moves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.status IN (${begins.join(", ")}) THEN RETURN NEW; END IF;
        RAISE EXCEPTION '${table}: a row does not begin as %', NEW.status
          USING ERRCODE = 'check_violation', TABLE = '${table}', CONSTRAINT = '${table}_moves';
      END IF;
      IF OLD.status = NEW.status OR (OLD.status, NEW.status) IN (
        ${moves.join(",\n        ")}
      ) THEN RETURN NEW; END IF;
      RAISE EXCEPTION '${table}: no move from % to %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', TABLE = '${table}', CONSTRAINT = '${table}_moves';
    END $$`,
    `CREATE OR REPLACE TRIGGER ${table}_moves BEFORE INSERT OR UPDATE OF status ON ${table}
      FOR EACH ROW EXECUTE FUNCTION ${table}_moves()`,
  ];
}
