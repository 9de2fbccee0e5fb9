import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { VERIFY_BATCHES_MAX } from "../../../lsp/limits.ts";
import { openVerifier, type ThreadEvents } from "../../../lsp/service/verifier.ts";
import { isOrdinary, pack, type SignatureClaim, verifyAll } from "../../../lsp/service/verifybatch.ts";
import { bound } from "../../tools/speed.ts";
import { newCustomer, signFrameWith } from "./rig.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A claim that holds, or does not in one of the ways in which they do not. */
function claim(kind: "good" | "bytes" | "key" | "junk" | "long", size = 55): SignatureClaim {
  const customer = newCustomer();
  const wire = Buffer.alloc(size, 7);
  const der = signFrameWith(wire, customer.privateKey);
  if (kind === "bytes") wire[0] = 8;
  const publicKey = kind === "key" ? newCustomer().publicKey : customer.publicKey;
  if (kind === "junk") return { wire, der: Buffer.from("junk"), publicKey };
  if (kind === "long") return { wire, der: Buffer.concat([der, Buffer.alloc(9)]), publicKey };
  return { wire, der, publicKey };
}

const kinds = fc.constantFrom("good", "bytes", "key", "junk", "long");

/** A thread of the test's own, in this one. */
function fakeThread(): {
  start: (events: ThreadEvents) => { post: (packed: Uint8Array<ArrayBuffer>) => void; end: () => Promise<void> };
  posted: Uint8Array[];
  events: () => ThreadEvents;
  started: () => number;
} {
  const posted: Uint8Array[] = [];
  let [events, started]: [ThreadEvents | undefined, number] = [undefined, 0];
  return {
    start: (given) => {
      events = given;
      started += 1;
      return { post: (packed) => void posted.push(packed), end: () => Promise.resolve() };
    },
    posted,
    events: () => events ?? assert.fail("not started"),
    started: () => started,
  };
}

describe("a batch of signatures", () => {
  test("is judged as each of them alone", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, fc.integer({ min: 0, max: 1024 })), { maxLength: 8 }), (many) => {
        const claims = many.map(([kind, size]) => claim(kind, Math.max(1, size))).filter(isOrdinary);
        const expected = many.filter(([kind]) => kind !== "long").map(([kind]) => (kind === "good" ? 1 : 0));
        assert.deepEqual([...verifyAll(pack(claims))], expected);
      }),
      { numRuns: 30 },
    );
  });

  test("has ordinary ones only", () => {
    assert.ok(isOrdinary(claim("good", 1024)));
    assert.ok(!isOrdinary(claim("good", 1025)));
    assert.ok(!isOrdinary(claim("long")));
    assert.ok(!isOrdinary({ ...claim("good"), publicKey: Buffer.alloc(65) }));
  });
});

describe("a verifier", () => {
  const ask = (verifier: ReturnType<typeof openVerifier>, { wire, der, publicKey }: SignatureClaim) =>
    verifier.verify(wire, der, publicKey);

  test("checks one in a turn at once, and never wakes a thread for it", async () => {
    const { start, started } = fakeThread();
    const verifier = openVerifier(start);
    for (const kind of ["good", "key", "junk"] as const) {
      assert.equal(ask(verifier, claim(kind)), kind === "good");
      await turn();
    }
    assert.equal(started(), 0);
    await verifier.close();
  });

  test("checks a short queue and an unusual claim here", async () => {
    const { start, started } = fakeThread();
    const verifier = openVerifier(start);
    const answers = [claim("good"), claim("good"), claim("long"), claim("bytes")].map((one) => ask(verifier, one));
    assert.equal(answers[0], true);
    assert.equal(answers[2], false);
    assert.deepEqual(await Promise.all(answers), [true, true, false, false]);
    assert.equal(started(), 0);
    await verifier.close();
  });

  test("gives a queue to the thread once that is ready, and helps it when it is behind", async () => {
    const { start, posted, events, started } = fakeThread();
    const verifier = openVerifier(start);
    const queue = (): (boolean | Promise<boolean>)[] =>
      (["good", "good", "bytes", "good"] as const).map((kind) => ask(verifier, claim(kind)));
    const expected = [true, true, false, true];
    assert.deepEqual(await Promise.all(queue()), expected);
    assert.equal(started(), 1);
    assert.equal(posted.length, 0);
    events().onReady();
    await turn();
    const waiting = [];
    for (let at = 0; at < VERIFY_BATCHES_MAX; at++) {
      waiting.push(Promise.all(queue()));
      await turn();
    }
    assert.equal(posted.length, VERIFY_BATCHES_MAX);
    assert.deepEqual(await Promise.all(queue()), expected);
    assert.equal(posted.length, VERIFY_BATCHES_MAX);
    for (const packed of posted) events().onVerdicts(verifyAll(packed));
    for (const answers of waiting) assert.deepEqual(await answers, expected);
    await verifier.close();
  });

  for (const how of ["ends", "is closed"] as const) {
    test(`decides what it sent when the thread ${how}`, async () => {
      const { start, posted, events, started } = fakeThread();
      const verifier = openVerifier(start);
      const queue = (): Promise<boolean[]> =>
        Promise.all((["good", "good", "key", "junk"] as const).map((kind) => ask(verifier, claim(kind))));
      await queue();
      events().onReady();
      await turn();
      const answers = queue();
      await turn();
      assert.equal(posted.length, 1);
      if (how === "ends") events().onEnd();
      else await verifier.close();
      assert.deepEqual(await answers, [true, true, false, false]);
      await turn();
      assert.deepEqual(await queue(), [true, true, false, false]);
      assert.equal(started(), 1);
      await verifier.close();
    });
  }

  test("with its real thread answers as this one does", async () => {
    const verifier = openVerifier();
    for (let round = 0; round < 20; round++) {
      const many = Array.from({ length: 16 }, (_, at) => (at % 3 === 0 ? "key" : "good") as "key" | "good");
      const answers = await Promise.all(many.map((kind) => ask(verifier, claim(kind))));
      assert.deepEqual(
        answers,
        many.map((kind) => kind === "good"),
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await verifier.close();
  });

  test("keeps a process alive while it is asked, and no longer", () => {
    const program = `
      import { openVerifier } from ${JSON.stringify(new URL("../../../lsp/service/verifier.ts", import.meta.url).href)};
      const verifier = openVerifier();
      const ask = () => Promise.all(Array(8).fill(0).map(() => verifier.verify(Buffer.alloc(5), Buffer.alloc(5), Buffer.alloc(33))));
      await ask();
      await new Promise((resolve) => setTimeout(resolve, 300));
      process.stdout.write(String((await ask()).length));`;
    const args = ["--input-type=module", "--eval", program];
    assert.equal(execFileSync(process.execPath, args, { encoding: "utf8", timeout: bound(60_000) }), "8");
  });
});
