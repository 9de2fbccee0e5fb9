import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sql } from "kysely";
import { DEPOSIT } from "../../lsp/states/deposit.ts";
import { diagram } from "../../lsp/states/diagram.ts";
import { type After, allows, endsOf, type Machine, MOVERS } from "../../lsp/states/machine.ts";
import { OPENING } from "../../lsp/states/opening.ts";
import { moveTrigger } from "../../lsp/states/sql.ts";
import { SWAP } from "../../lsp/states/swap.ts";
import { TRANSACTION } from "../../lsp/states/transaction.ts";
import { onBoth } from "../store/kinds.ts";
import { value } from "../store/values.ts";

const MACHINES: readonly Machine[] = [SWAP, DEPOSIT, OPENING, TRANSACTION];

describe("tables of states", () => {
  for (const machine of MACHINES) {
    const states = Object.keys(machine.states);

    test(`${machine.table}: every state can be reached from one that a row begins with`, () => {
      const reached = new Set(Object.keys(machine.begins));
      for (const state of reached) for (const next of Object.keys(machine.moves[state] ?? {})) reached.add(next);
      assert.deepEqual([...reached].sort(), states.sort());
    });

    test(`${machine.table}: a move is to another state, by a part of the LSP, under a condition`, () => {
      for (const [from, moves] of Object.entries(machine.moves)) {
        for (const [to, move] of Object.entries(moves)) {
          assert.notEqual(from, to);
          assert.ok(move !== undefined && MOVERS.includes(move.by) && move.when !== "", `${from} → ${to}`);
        }
      }
    });
  }

  test("ends are the states without a move", () => {
    assert.deepEqual(endsOf(SWAP), ["succeeded", "expired"]);
    assert.deepEqual(endsOf(DEPOSIT), []);
    assert.deepEqual(endsOf(OPENING), ["over", "retreated"]);
  });

  test("an illegal move does not compile", () => {
    const legal: After<typeof SWAP, "waiting_peer"> = "in_psbt_thread";
    assert.ok(allows(SWAP, "waiting_peer", legal));
    type Illegal = "succeeded" extends After<typeof SWAP, "waiting_peer"> ? true : false;
    const illegal: Illegal = false;
    assert.equal(illegal, allows(SWAP, "waiting_peer", "succeeded"));
  });

  test("past the point of no return an opening is over only by a refund in its place", () => {
    const before = ["claimed", "funded", "signed", "negotiating"];
    for (const from of Object.keys(OPENING.states)) {
      assert.equal(allows(OPENING, from as "claimed", "over"), before.includes(from), from);
    }
  });

  test("the diagram has each move once", () => {
    const lines = diagram(SWAP).split("\n");
    assert.equal(lines[0], "stateDiagram-v2");
    assert.ok(lines.includes("    waiting_peer --> in_psbt_thread: open"));
    assert.equal(new Set(lines).size, lines.length);
  });
});

for (const machine of MACHINES) {
  const { table, states, begins } = machine;
  onBoth(`${table}: the database refuses every move that the table does not have`, async ({ open }) => {
    const store = await open();
    // The trigger alone, on a table of its own: what else a row must have is not the question.
    const probe = { ...machine, table: `probe_${table}` };
    value(
      await store.transaction(async (trx) => {
        await sql`CREATE TABLE ${sql.table(probe.table)} (status text NOT NULL)`.execute(trx);
        for (const statement of moveTrigger(probe)) await sql.raw(statement).execute(trx);
      }),
    );
    const all = Object.keys(states);
    for (const state of all) {
      const made = await store.transaction((trx) =>
        sql`INSERT INTO ${sql.table(probe.table)} VALUES (${state})`.execute(trx),
      );
      assert.equal(made.ok, state in begins, `begins as ${state}`);
      if (!made.ok) assert.equal(made.error.code, "store_constraint");
    }
    for (const from of all) {
      for (const to of all) {
        const moved = await store.transaction(async (trx) => {
          await sql`DELETE FROM ${sql.table(probe.table)}`.execute(trx);
          await sql`ALTER TABLE ${sql.table(probe.table)} DISABLE TRIGGER USER`.execute(trx);
          await sql`INSERT INTO ${sql.table(probe.table)} VALUES (${from})`.execute(trx);
          await sql`ALTER TABLE ${sql.table(probe.table)} ENABLE TRIGGER USER`.execute(trx);
          await sql`UPDATE ${sql.table(probe.table)} SET status = ${to}`.execute(trx);
        });
        assert.equal(moved.ok, from === to || allows(machine, from, to), `${from} → ${to}`);
      }
    }
  });
}
