import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { sql } from "kysely";
import { BLOCK } from "../../../lsp/states/block.ts";
import { CHANNEL_STATES } from "../../../lsp/states/channel.ts";
import { DEPOSIT } from "../../../lsp/states/deposit.ts";
import { chapter } from "../../../lsp/states/diagram.ts";
import { type After, allows, endsOf, type Machine, MOVERS, moversOf } from "../../../lsp/states/machine.ts";
import { OPENING } from "../../../lsp/states/opening.ts";
import { moveTrigger, statusList } from "../../../lsp/states/sql.ts";
import { SWAP } from "../../../lsp/states/swap.ts";
import { LIVE, TRANSACTION } from "../../../lsp/states/transaction.ts";
import { ROOT } from "../../tools/sources.ts";
import { onBoth } from "../store/kinds.ts";
import { value } from "../store/values.ts";

const MACHINES: readonly Machine[] = [SWAP, DEPOSIT, OPENING, TRANSACTION, BLOCK];

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
          assert.ok(move !== undefined && move.when !== "", `${from} → ${to}`);
          assert.ok(moversOf(move).length > 0 && moversOf(move).every((by) => by in MOVERS), `${from} → ${to}`);
        }
      }
    });
  }

  test("ends are the states without a move", () => {
    assert.deepEqual(endsOf(SWAP), ["expired"]);
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

  test("every part of the LSP that is named makes a move", () => {
    const makes = MACHINES.flatMap(({ begins, moves }) => [begins, ...Object.values(moves)])
      .flatMap((to) => Object.values(to))
      .flatMap((move) => (move === undefined ? [] : moversOf(move)));
    assert.deepEqual([...new Set(makes)].sort(), Object.keys(MOVERS).sort());
  });

  test("what a block has done to a deposit or to a transaction can come undone", () => {
    for (const spent of ["spent_chan_swapped", "spent_refund", "spent_elsewhere", "orphan"] as const) {
      assert.ok(allows(DEPOSIT, spent, "unspent_chan_reserve"), `${spent}: an opening may still spend it`);
    }
    for (const inBlock of ["confirmed", "settled", "conflicted"] as const) {
      assert.ok(allows(TRANSACTION, inBlock, "published"), inBlock);
    }
    for (const inBlock of ["confirmed", "opened", "settled"] as const) {
      assert.ok(allows(OPENING, inBlock, "publishing"), inBlock);
    }
  });

  test("a transaction is live from its first state until another one counts", () => {
    assert.deepEqual(
      Object.keys(TRANSACTION.states).filter((state) => !(LIVE as readonly string[]).includes(state)),
      ["replaced", "conflicted", "abandoned"],
    );
  });

  test("what must never be published never is, and what has left is never abandoned while it could count", () => {
    assert.ok(!allows(TRANSACTION, "abandoned", "published"));
    for (const live of ["published", "confirmed", "settled", "replaced"] as const) {
      assert.ok(!allows(TRANSACTION, live, "abandoned"), live);
    }
  });
});

test("docs/swap.md has the tables and diagrams as they are", () => {
  const page = readFileSync(join(ROOT, "docs", "swap.md"), "utf8");
  for (const machine of MACHINES) {
    const heading = `### ${machine.table}\n\n`;
    const from = page.indexOf(heading);
    assert.notEqual(from, -1, heading);
    const [found = ""] = page.slice(from + heading.length).split(/^##/m);
    assert.equal(found.trim(), chapter(machine), `${machine.table}: put what chapter() gives there`);
  }
  for (const [state, says] of Object.entries(CHANNEL_STATES))
    assert.ok(page.includes(`| \`${state}\` | ${says} |`), state);
  for (const [mover, does] of Object.entries(MOVERS)) assert.ok(page.includes(`| ${mover} | ${does} |`), mover);
});

for (const machine of MACHINES) {
  const { table, states, begins } = machine;
  onBoth(`${table}: the database refuses every move that the table does not have`, async ({ open }) => {
    const store = await open();
    // The trigger alone, on a table of its own: what else a row must have is not the question.
    const probe = { ...machine, table: `probe_${table}` };
    value(
      await store.transaction(async (trx) => {
        await sql`CREATE TABLE ${sql.table(probe.table)} (
          status text NOT NULL CHECK (status IN (${sql.raw(statusList(machine))}))
        )`.execute(trx);
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
